import { type Api, type ApiOptions, createApi } from '../../src/api/app.ts';
import { createRegistry, type SubscriptionRegistry } from '../../src/subscription/registry.ts';
import { systemClock } from '../../src/util/clock.ts';
import { MemorySubscriptions, NO_STATS } from './memory-subscriptions.ts';

export interface ApiUnderTest extends Api {
  readonly registry: SubscriptionRegistry;
  readonly store: MemorySubscriptions;
  /** What the API logged as an error: nothing, unless a bug is under test. */
  readonly errors: readonly string[];
  /** A request with a JSON body; `Host: localhost` as curl would send it. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The real API over the real registry; only disk and engine are stand-ins. */
export async function makeApi(
  options: Partial<Pick<ApiOptions, 'token' | 'health' | 'engine' | 'metrics'>> = {},
): Promise<ApiUnderTest> {
  const store = new MemorySubscriptions();
  const registry = await createRegistry({ store, clock: systemClock });
  const errors: string[] = [];
  const ignore = (): void => {};
  const api = createApi({
    registry,
    engine: { stats: () => NO_STATS },
    health: () => ({ ready: true, checks: [{ name: 'engine', ok: true, state: 'ready' }] }),
    logger: { debug: ignore, info: ignore, warn: ignore, error: (message) => errors.push(message) },
    ...options,
  });
  return {
    ...api,
    registry,
    store,
    errors,
    async send(method, path, body, headers = {}) {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      return api.app.request(path, {
        method,
        headers: { ...json, ...headers },
        ...(text === undefined ? {} : { body: text }),
      });
    },
  };
}
