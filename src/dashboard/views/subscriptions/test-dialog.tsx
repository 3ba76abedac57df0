import { useState } from 'preact/hooks';
import { duration } from '../../format/time.ts';
import { useAction } from '../../hooks/use-action.ts';
import { useCatalogue } from '../../hooks/use-catalogue.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogActions } from '../../parts/dialog.tsx';
import { Select } from '../../parts/field.tsx';
import { Notice, TroubleNote } from '../../parts/notice.tsx';
import { useApi } from '../../session/session.tsx';
import type { Subscription, TestResult } from '../../types.ts';
import { RequestView } from '../deliveries/request-view.tsx';
import { ResponseView } from '../deliveries/response-view.tsx';
import { attemptWord } from '../words.ts';
import { isWanted } from './patterns.ts';

interface TestDialogProps {
  readonly subscription: Subscription;
  readonly onClose: () => void;
}

/** Sends a sample now, and shows what the receiver makes of it. */
export function TestDialog({ subscription, onClose }: TestDialogProps) {
  const api = useApi();
  const catalogue = useCatalogue();
  const types = catalogue.value?.map(({ event_type }) => event_type) ?? ['call.started'];
  const [chosen, setChosen] = useState<string>();
  const [result, setResult] = useState<TestResult>();
  const type = chosen ?? types.find((each) => isWanted(each, subscription.events)) ?? 'call.started';
  const action = useAction(async () => {
    setResult(undefined);
    setResult(
      await api.call('POST /{id}/test', { path: { id: subscription.id }, body: { event_type: type } }),
    );
  });
  return (
    <Dialog title="Send a test" wide onClose={onClose}>
      <div class="stack">
        <p class="muted">
          A signed sample goes to <span class="mono break">{subscription.url}</span> once, as it is set. It
          enters no history.
        </p>
        <Select
          label="Event"
          value={type}
          options={types.map((value) => ({ value, label: value }))}
          onChange={setChosen}
        />
        <DialogActions>
          <Button onClick={onClose}>Close</Button>
          <Button kind="primary" icon="send" busy={action.busy} onClick={() => action.run()}>
            {result === undefined ? 'Send test' : 'Send again'}
          </Button>
        </DialogActions>
        <TroubleNote trouble={action.trouble} />
        <div role="status">{result && <Verdict result={result} />}</div>
        {result && (
          <>
            <ResponseView attempt={result.attempt} />
            <RequestView request={result.request} />
          </>
        )}
      </div>
    </Dialog>
  );
}

function Verdict({ result: { success, message, attempt } }: { readonly result: TestResult }) {
  return (
    <Notice
      tone={success ? 'good' : 'bad'}
      title={success ? `It answered ${attemptWord(attempt)}` : `It failed: ${attemptWord(attempt)}`}
    >
      It took {duration(attempt.duration_ms)}. {message}
    </Notice>
  );
}
