import { Code } from '../../parts/code.tsx';
import { Headers } from '../../parts/headers.tsx';
import type { Attempt } from '../../types.ts';

/** What the receiver answered to an attempt. */
export function ResponseView({ attempt: { headers, body, status } }: { readonly attempt: Attempt }) {
  if (status === null) return <p class="muted small">No response came.</p>;
  return (
    <div class="exchange">
      {headers !== null && <Headers label="Response headers" headers={headers} />}
      {body === null || body === '' ? (
        <p class="muted small">The response had no body.</p>
      ) : (
        <Code label="Response body" text={body} />
      )}
    </div>
  );
}
