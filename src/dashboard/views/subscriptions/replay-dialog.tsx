import { useState } from 'preact/hooks';
import { counted } from '../../format/number.ts';
import { useAction } from '../../hooks/use-action.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogActions } from '../../parts/dialog.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { TroubleNote } from '../../parts/notice.tsx';
import { Progress } from '../../parts/progress.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { fromLocalInput, localInput, PERIODS } from '../../route/period.ts';
import { useApi } from '../../session/session.tsx';
import type { Subscription } from '../../types.ts';
import { FieldProblems } from './problems.ts';

const ENDED = [
  { value: 'any', label: 'All that it asks for' },
  { value: 'delivered', label: 'Only those that were delivered' },
  { value: 'dead', label: 'Only those that gave up' },
  { value: 'expired', label: 'Only those that expired' },
] as const;
type Ended = (typeof ENDED)[number]['value'];

interface ReplayDialogProps {
  readonly subscription: Subscription;
  readonly onClose: () => void;
}

/** Sends the kept events of a time again. */
export function ReplayDialog({ subscription: { id }, onClose }: ReplayDialogProps) {
  const api = useApi();
  const tell = useToast();
  const [since, setSince] = useState(() => hourAgo());
  const [until, setUntil] = useState('');
  const [types, setTypes] = useState('');
  const [ended, setEnded] = useState<Ended>('any');
  const [done, setDone] = useState<number>();
  const action = useAction(async () => {
    setDone(0);
    try {
      const body = {
        since: fromLocalInput(since),
        ...(until !== '' && { until: fromLocalInput(until) }),
        ...(types.trim() !== '' && { types: types.split(',').map((type) => type.trim()) }),
        ...(ended !== 'any' && { status: ended }),
      };
      const { message } = await api.callWithProgress('POST /{id}/replay', { path: { id }, body }, setDone);
      tell(message);
      onClose();
    } finally {
      setDone(undefined);
    }
  });
  const problems = FieldProblems.of(action.trouble);
  return (
    <Dialog title="Replay events" onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        <p class="muted">
          Kept events go to this subscription again, in order and under their ids: a receiver that has seen
          one knows it by its id.
        </p>
        <div class="field-grid">
          <Input
            label="From"
            type="datetime-local"
            value={since}
            onInput={setSince}
            error={problems.at('since')}
            required
          />
          <Input
            label="Until"
            type="datetime-local"
            value={until}
            onInput={setUntil}
            error={problems.at('until')}
            hint="Empty: now."
          />
        </div>
        <Select
          label="Which"
          value={ended}
          options={ENDED}
          onChange={setEnded}
          error={problems.at('status')}
        />
        <Input
          label="Event types"
          value={types}
          onInput={setTypes}
          error={problems.at('types')}
          placeholder="call.ended, voicemail.*"
          hint="Empty: all that it asks for."
          mono
        />
        <TroubleNote trouble={action.trouble} />
        {done !== undefined && <Progress label={`${counted(done, 'event')} so far`} />}
        <DialogActions>
          <Button onClick={onClose}>{action.busy ? 'Close' : 'Cancel'}</Button>
          <Button type="submit" kind="primary" icon="replay" busy={action.busy}>
            Replay
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** To the minute before: an event of this very minute an hour ago counts. */
function hourAgo(): string {
  return localInput(new Date(Date.now() - PERIODS['1h'].ms).toISOString());
}
