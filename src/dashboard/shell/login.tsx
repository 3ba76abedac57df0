import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Dialog, DialogActions } from '../parts/dialog.tsx';
import { Check, Input } from '../parts/field.tsx';
import { useSession } from '../session/session.tsx';

/** Asks for the token, over the page that someone is on: that stays as it is. */
export function LoginDialog() {
  const { asking, signIn } = useSession();
  const [token, setToken] = useState('');
  const [keep, setKeep] = useState(false);
  const error =
    asking === 'refused' ? 'The service does not take this token. Check it, and enter it again.' : undefined;
  return (
    <Dialog title="Sign in" dismissible={false} onClose={() => undefined}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (token !== '') signIn(token.trim(), keep);
        }}
      >
        <Input
          label="Token"
          type="password"
          value={token}
          onInput={setToken}
          error={error}
          required
          hint="The value of features.webhooks.api.token in the configuration file."
        />
        <Check
          label="Keep for this tab"
          checked={keep}
          onChange={setKeep}
          hint="Until the tab is closed. Otherwise it is asked again when the page is loaded again."
        />
        <DialogActions>
          <Button type="submit" kind="primary">
            Sign in
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
