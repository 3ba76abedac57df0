import { Code } from '../../parts/code.tsx';
import { Headers } from '../../parts/headers.tsx';
import type { SentRequest } from '../../types.ts';

/** What the receiver is sent. */
export function RequestView({ request }: { readonly request: SentRequest }) {
  return (
    <div class="exchange">
      <p class="mono small break">
        <strong>{request.method}</strong> {request.url}
      </p>
      <Headers label="Request headers" headers={request.headers} />
      <Code label="Request body" text={request.body} />
    </div>
  );
}
