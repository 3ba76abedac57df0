import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import type { Task } from './subscription.tsx';

/** What is done now and then, with what it means. */
export function Manage({ open }: { readonly open: (task: Task) => void }) {
  return (
    <Card title="Manage" flush>
      <ul class="list">
        <li class="list-row">
          <div class="list-text">
            <strong>Replay</strong>
            <p class="muted small">Sends the kept events of a time again, in order and under their ids.</p>
          </div>
          <Button small onClick={() => open('replay')}>
            Replay…
          </Button>
        </li>
        <li class="list-row">
          <div class="list-text">
            <strong>Rotate the secret</strong>
            <p class="muted small">
              A new one signs; the one before signs as well while the receiver learns it.
            </p>
          </div>
          <Button small onClick={() => open('rotate')}>
            Rotate secret…
          </Button>
        </li>
        <li class="list-row">
          <div class="list-text">
            <strong>Delete</strong>
            <p class="muted small">What waits for it is dropped; its history stays.</p>
          </div>
          <Button small onClick={() => open('delete')}>
            Delete…
          </Button>
        </li>
      </ul>
    </Card>
  );
}
