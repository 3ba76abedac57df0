import { type Api, createApi } from '../../src/api/app.ts';
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
  Api & ApiClient & { send(method: string, path: string, init?: RequestInit): Promise<Response> }
> {
  const api = createApi({
    registry,
    engine,
    publisher: new IdempotentPublisher({ engine, clock, memos: await store.memos() }),
    history: store,
    admission: createAdmission({ allow: LOOPBACK, clock }),
    health: () => ({ ready: true, checks: [] }),
    clock,
    logger,
  });
  const { app } = api;
  const baseUrl = 'http://localhost/api/webhooks';
  const ask = async (target: string, init: RequestInit = {}): Promise<Response> =>
    documented(init.method ?? 'GET', target, await app.request(target, init));
  return {
    ...api,
    ...createClient({
      baseUrl,
      fetch: async (url, init) => endedBy(await ask(String(url), init), init?.signal),
    }),
    send: (method, path, init) => ask(`/api/webhooks${path}`, { method, ...init }),
  };
}

/** As a connection that whoever asked may end. */
function endedBy(response: Response, signal: AbortSignal | null | undefined): Response {
  if (!signal || response.body === null) return response;
  const reader = response.body.getReader();
  signal.addEventListener('abort', () => void reader.cancel());
  const body = new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}
