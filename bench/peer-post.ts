import type { Pool } from 'undici';
import { RequestHeaders } from '../src/delivery/sender/request-headers.ts';
import { type EnvelopeParts, envelopeOf } from '../src/model/event.ts';
import { systemClock } from '../src/util/clock.ts';
import { numberedId } from './bare-loop.ts';
import { CALL, SECRET } from './workload.ts';

const headers = new RequestHeaders({ headers: {}, secrets: [SECRET], content: undefined });

/** What a peer keeps in its queue until it is delivered: all of the event, as ours does. */
export function queuedEvent(n: number): EnvelopeParts {
  const { type, occurredAt, data } = CALL;
  return { id: numberedId(n), type, occurredAt, data: JSON.stringify(data) };
}

/** The same request as ours, with both signatures, and its answer read: tells its status. */
export async function peerPost(pool: Pool, path: string, event: EnvelopeParts): Promise<number> {
  const body = Buffer.from(envelopeOf(event));
  const response = await pool.request({
    method: 'POST',
    path,
    headers: headers.of({ event, attempt: 1 }, body, systemClock.now()),
    body,
  });
  await response.body.dump();
  return response.statusCode;
}
