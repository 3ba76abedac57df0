import { createApi } from '../../src/api/app.ts';
import { type ApiClient, createClient } from '../../src/api/client.ts';
import { createAdmission } from '../../src/delivery/admission.ts';
import { IdempotentPublisher } from '../../src/delivery/idempotent-publisher.ts';
import type { Clock } from '../../src/util/clock.ts';
import { documented } from './documented.ts';
import { LOOPBACK, type Rig } from './engine.ts';

/** The API over a real engine and database, without a socket. Each answer is held against its schema. */
export async function rigApi<C extends Clock>({
  registry,
  engine,
  store,
  clock,
  logger,
}: Rig<C>): Promise<
  ApiClient & { send(method: string, path: string, init?: RequestInit): Promise<Response> }
> {
  const { app } = createApi({
    registry,
    engine,
    publisher: new IdempotentPublisher({ engine, clock, memos: await store.memos() }),
    history: store,
    admission: createAdmission({ allow: LOOPBACK, clock }),
    health: () => ({ ready: true, checks: [] }),
    clock,
    logger,
  });
  const baseUrl = 'http://localhost/api/webhooks';
  const ask = async (target: string, init: RequestInit = {}): Promise<Response> =>
    documented(init.method ?? 'GET', target, await app.request(target, init));
  return {
    ...createClient({ baseUrl, fetch: (url, init) => ask(String(url), init) }),
    send: (method, path, init) => ask(`/api/webhooks${path}`, { method, ...init }),
  };
}
