import { useAction } from '../../hooks/use-action.ts';
import { Confirm } from '../../parts/dialog.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { useApi } from '../../session/session.tsx';
import type { Subscription } from '../../types.ts';

interface DeleteDialogProps {
  readonly subscription: Subscription;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

export function DeleteDialog({ subscription: { id, url, origin }, onClose, onDeleted }: DeleteDialogProps) {
  const api = useApi();
  const tell = useToast();
  const action = useAction(async () => {
    const { message } = await api.call('DELETE /{id}', { path: { id } });
    tell(message);
    onClose();
    onDeleted();
  });
  return (
    <Confirm title="Delete this subscription?" confirm="Delete" action={action} onClose={onClose}>
      <p class="break">
        Events are not sent to <strong>{url}</strong> any more, and what waits for it is dropped. The history
        of its deliveries stays.
      </p>
      {origin === 'config' && (
        <p>
          The configuration file names it: it comes back when the file is read again, unless it is removed
          there as well.
        </p>
      )}
    </Confirm>
  );
}
