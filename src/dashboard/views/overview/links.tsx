import { capitalized } from '../../format/text.ts';
import { Card } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import type { Stats } from '../../types.ts';

/** What events come from, and what sends them. */
export function Links({ stats }: { readonly stats: Stats }) {
  return (
    <Card title="PBX links and engine" flush>
      <ul class="list">
        {stats.sources.map(({ name, ok, state }) => (
          <Part key={name} name={`PBX ${name}`} ok={ok} state={state} bad="Not connected" />
        ))}
        {stats.sources.length === 0 && (
          <li class="list-row">
            <div class="list-text">
              <span>No PBX is configured</span>
              <p class="muted small">Events come by POST /api/webhooks/events alone.</p>
            </div>
          </li>
        )}
        <Part name="Engine" ok={stats.engine.ok} state={stats.engine.state} bad="Not ready" />
        <li class="list-row small muted">
          <div class="list-text">Version {stats.version}</div>
          <span>
            started <Ago value={stats.started_at} />
          </span>
        </li>
      </ul>
    </Card>
  );
}

interface PartProps {
  readonly name: string;
  readonly ok: boolean;
  /** In the service's words. */
  readonly state: string;
  /** In one word, where it is not well. */
  readonly bad: string;
}

function Part({ name, ok, state, bad }: PartProps) {
  return (
    <li class="list-row">
      <div class="list-text">
        <span>{name}</span>
        {!ok && <p class="muted small break">{capitalized(state)}</p>}
      </div>
      <Status tone={ok ? 'good' : 'bad'}>{ok ? capitalized(state) : bad}</Status>
    </li>
  );
}
