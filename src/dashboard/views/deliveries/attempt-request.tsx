import { count } from '../../format/number.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { LoadFailed } from '../../parts/notice.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useApi } from '../../session/session.tsx';
import { problemOf } from '../../session/trouble.ts';
import type { AttemptRequest } from '../../types.ts';
import { RequestView } from './request-view.tsx';

interface SentInProps {
  readonly delivery: number;
  /** Of the attempt. */
  readonly number: number;
}

/** What an attempt sent; loaded when it is looked at, as few are. */
export function SentIn({ delivery, number }: SentInProps) {
  const api = useApi();
  const { value, error, reload } = useLoad(`request ${delivery} ${number}`, (signal) =>
    api.call('GET /deliveries/{id}/attempts/{number}/request', { path: { id: delivery, number }, signal }),
  );
  return (
    <section
      class="exchange"
      aria-label={`Request of attempt ${number}`}
      aria-busy={value === undefined && error === undefined}
    >
      {value !== undefined && <Sent request={value} />}
      {value === undefined && error === undefined && <Skeleton lines={4} />}
      {value === undefined && error !== undefined && <NotShown error={error} retry={reload} />}
    </section>
  );
}

function Sent({ request }: { readonly request: AttemptRequest }) {
  return (
    <>
      {request.events > 1 && <p class="muted small">A batch of {count(request.events)} events.</p>}
      {request.notes.map((note) => (
        <p key={note} class="muted small">
          {note}
        </p>
      ))}
      <RequestView request={request} />
    </>
  );
}

function NotShown({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const { code, message } = problemOf(error);
  // Asking again would not bring it back.
  if (code === 'request_unknown') return <p class="muted small">{message}.</p>;
  return <LoadFailed error={error} retry={retry} />;
}
