import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Dialog, DialogActions } from '../../parts/dialog.tsx';
import { Notice } from '../../parts/notice.tsx';

interface SecretDialogProps {
  readonly secret: string;
  /** What becomes of the one before. */
  readonly note?: string;
  readonly onClose: () => void;
}

/** Shows a secret this once: it is nowhere else to be had. Only its button closes it. */
export function SecretDialog({ secret, note, onClose }: SecretDialogProps) {
  return (
    <Dialog title="Signing secret" dismissible={false} onClose={onClose}>
      <div class="stack">
        <p>The receiver verifies with it that a webhook is from here. {note}</p>
        <div class="secret">
          <code class="break">{secret}</code>
          <CopyButton text={secret} what="secret" />
        </div>
        <Notice tone="warn" title="Shown this once">
          Copy it to the receiver now. Whoever loses it rotates it.
        </Notice>
        <DialogActions>
          <Button kind="primary" onClick={onClose}>
            I have copied it
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
