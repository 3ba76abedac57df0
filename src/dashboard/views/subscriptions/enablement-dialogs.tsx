import { useState } from 'preact/hooks';
import { counted } from '../../format/number.ts';
import { useAction } from '../../hooks/use-action.ts';
import { Confirm } from '../../parts/dialog.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { useApi } from '../../session/session.tsx';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Subscription } from '../../types.ts';

interface TaskProps {
  readonly subscription: Subscription;
  readonly onClose: () => void;
}

export function DisableDialog({ subscription: { id }, onClose }: TaskProps) {
  const { put } = useSubscriptions();
  const api = useApi();
  const tell = useToast();
  const action = useAction(async () => {
    const { subscription, message } = await api.call('POST /{id}/disable', { path: { id } });
    put(subscription);
    tell(message);
    onClose();
  });
  return (
    <Confirm
      title="Disable this subscription?"
      confirm="Disable"
      danger={false}
      action={action}
      onClose={onClose}
    >
      Nothing is sent to it until it is enabled again. Its events are kept meanwhile, and sent or skipped
      then, as you say.
    </Confirm>
  );
}

/** Asks what becomes of the events that were kept, where there are some. */
export function EnableDialog({ subscription: { id, backlog }, onClose }: TaskProps) {
  const { put, laneOf } = useSubscriptions();
  const api = useApi();
  const tell = useToast();
  const [choice, setChoice] = useState<'send' | 'skip'>('send');
  const kept = laneOf(id)?.backlog ?? backlog;
  const action = useAction(async () => {
    const { subscription, message } = await api.call('POST /{id}/enable', {
      path: { id },
      body: { backlog: choice },
    });
    put(subscription);
    tell(message);
    onClose();
  });
  return (
    <Confirm
      title="Enable this subscription?"
      confirm="Enable"
      danger={false}
      action={action}
      onClose={onClose}
    >
      {kept === 0 ? (
        'Events are sent to it from now on; none was kept meanwhile.'
      ) : (
        <fieldset class="stack">
          <legend class="stack-legend">{counted(kept, 'event was', 'events were')} kept meanwhile.</legend>
          <label class="choice">
            <input
              type="radio"
              name="backlog"
              checked={choice === 'send'}
              onChange={() => setChoice('send')}
            />
            <span>
              Send them
              <span class="hint">In order, the oldest first.</span>
            </span>
          </label>
          <label class="choice">
            <input
              type="radio"
              name="backlog"
              checked={choice === 'skip'}
              onChange={() => setChoice('skip')}
            />
            <span>
              Skip them
              <span class="hint">They end as expired; a replay can still send them.</span>
            </span>
          </label>
        </fieldset>
      )}
    </Confirm>
  );
}
