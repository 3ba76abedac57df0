import { useState } from 'preact/hooks';
import { useAction } from '../../hooks/use-action.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogActions } from '../../parts/dialog.tsx';
import { Select } from '../../parts/field.tsx';
import { TroubleNote } from '../../parts/notice.tsx';
import { useApi } from '../../session/session.tsx';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Subscription } from '../../types.ts';
import { SecretDialog } from './secret-dialog.tsx';

/** Seconds. */
const OVERLAPS = [
  { value: '86400', label: '24 hours' },
  { value: '3600', label: '1 hour' },
  { value: '604800', label: '7 days' },
  { value: '0', label: 'Not at all: it has leaked' },
] as const;
type Overlap = (typeof OVERLAPS)[number]['value'];

interface RotateDialogProps {
  readonly subscription: Subscription;
  readonly onClose: () => void;
}

/** A new secret, shown once. */
export function RotateDialog({ subscription: { id, signed }, onClose }: RotateDialogProps) {
  const { put } = useSubscriptions();
  const api = useApi();
  const [overlap, setOverlap] = useState<Overlap>('86400');
  const [secret, setSecret] = useState<string>();
  const action = useAction(async () => {
    const rotated = await api.call('POST /{id}/rotate-secret', {
      path: { id },
      body: { overlap_seconds: signed ? Number(overlap) : 0 },
    });
    put(rotated.subscription);
    setSecret(rotated.secret);
  });
  if (secret !== undefined) {
    const meanwhile = OVERLAPS.find(({ value }) => value === overlap)?.label;
    const note =
      signed && overlap !== '0'
        ? `The one before signs as well for ${meanwhile}: time to replace it there.`
        : '';
    return <SecretDialog secret={secret} note={note} onClose={onClose} />;
  }
  return (
    <Dialog title="Rotate the secret" dismissible={!action.busy} onClose={onClose}>
      <div class="stack">
        <p>
          {signed
            ? 'A new secret is made and shown once. Every webhook bears both signatures until the receiver has the new one.'
            : 'It is not signed yet. A secret is made and shown once; webhooks are signed with it from then on.'}
        </p>
        {signed && (
          <Select
            label="The one before signs as well for"
            value={overlap}
            options={OVERLAPS}
            onChange={setOverlap}
          />
        )}
        <TroubleNote trouble={action.trouble} />
        <DialogActions>
          <Button disabled={action.busy} onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" icon="key" busy={action.busy} onClick={() => action.run()}>
            Make a new secret
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
