import { Button } from '../parts/button.tsx';
import { Notice } from '../parts/notice.tsx';
import { useSession } from '../session/session.tsx';

/** Says so where the service does not answer, or answers that it can't. */
export function Banner() {
  const { reach, retry } = useSession();
  return (
    <div class="banner" role="status">
      {reach !== 'ok' && (
        <Notice
          tone="warn"
          title={
            reach === 'unreachable'
              ? 'The service can’t be reached'
              : 'The service answers that something is wrong'
          }
          actions={
            <Button icon="refresh" onClick={retry}>
              Try again
            </Button>
          }
        >
          {reach === 'unreachable'
            ? 'What is shown may be old. Check that it runs and that this device is online; it is tried again by itself.'
            : 'What is shown may be old. Its log says what is wrong.'}
        </Notice>
      )}
    </div>
  );
}
