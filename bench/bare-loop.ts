import { createHmac } from 'node:crypto';
import { Pool } from 'undici';
import { envelopeOf } from '../src/model/event.ts';
import type { EventId } from '../src/model/ids.ts';
import { type Measured, measure } from './harness.ts';
import { CALL, IN_FLIGHT, SECRET } from './workload.ts';

/** Posts one signed event and reads the answer. */
export async function barePost(pool: Pool, path: string, id: EventId): Promise<void> {
  const body = envelopeOf({ ...CALL, id, data: JSON.stringify(CALL.data) });
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'PBX-Webhook/1.0',
    'X-Webhook-Event': CALL.type,
    'X-Webhook-ID': id,
    'X-Webhook-Signature': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  };
  const response = await pool.request({ method: 'POST', path, headers, body });
  await response.body.dump();
}

export function numberedId(n: number): EventId {
  return `call.started-${1_765_108_800_000 + n}` as EventId;
}

/** As many connections as there are attempts in flight; they stay, as ours do. */
export function poolTo({ origin }: URL): Pool {
  return new Pool(origin, { connections: IN_FLIGHT, keepAliveTimeout: 60_000 });
}

/** The honest ceiling of one Node thread: undici and one HMAC, nothing kept. */
export function bareLoop(pool: Pool, path: string, events: number): Promise<Measured> {
  let left = events;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await barePost(pool, path, numberedId(left));
  };
  return measure(events, () => Promise.all(Array.from({ length: IN_FLIGHT }, worker)));
}
