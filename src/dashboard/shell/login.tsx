import { useState } from 'preact/hooks';
import { useAction } from '../hooks/use-action.ts';
import { Button } from '../parts/button.tsx';
import { Dialog, DialogActions } from '../parts/dialog.tsx';
import { Check, Input } from '../parts/field.tsx';
import { useSession } from '../session/session.tsx';
import type { Trouble } from '../session/trouble.ts';

/** Asks for the token, over the page that someone is on: that stays as it is. */
export function LoginDialog() {
  const { asking, signIn } = useSession();
  const [token, setToken] = useState('');
  const [keep, setKeep] = useState(false);
  const action = useAction(() => signIn(token.trim(), keep));
  return (
    <Dialog title="Sign in" dismissible={false} onClose={() => undefined}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') action.run();
        }}
      >
        {asking === 'refused' && <p>The service does not take the token any more.</p>}
        <Input
          label="Token"
          type="password"
          value={token}
          onInput={setToken}
          error={action.trouble && reasonOf(action.trouble)}
          hint="The value of features.webhooks.api.token in the configuration file."
          required
        />
        <Check
          label="Keep for this tab"
          checked={keep}
          onChange={setKeep}
          hint="Until the tab is closed. Otherwise it is asked again when the page is loaded again."
        />
        <DialogActions>
          <Button type="submit" kind="primary" busy={action.busy}>
            Sign in
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function reasonOf({ code, message }: Trouble): string {
  return code === 'unauthorized' ? 'This is not the token. Check it, and enter it again.' : message;
}
