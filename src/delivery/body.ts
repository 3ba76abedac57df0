import type { JobEvent } from './sender/protocol.ts';

/** What one request says. */
export interface Message {
  /** `X-Webhook-Event` */
  readonly type: string;
  /** `X-Webhook-ID` */
  readonly id: string;
  readonly body: string;
}

/** One event as it is stored, or many as a batch, which is named after what is in it: a retry of it is the same one. */
export function messageOf(events: readonly JobEvent[], isBatch: boolean): Message {
  const [first] = events;
  if (first !== undefined && !isBatch) return first;
  const id = `batch-${first?.id ?? ''}-${events.length}`;
  const bodies = events.map(({ body }) => body).join(',');
  return { type: 'batch', id, body: `{"batch_id":"${id}","count":${events.length},"events":[${bodies}]}` };
}
