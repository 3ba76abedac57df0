import { type Api, type ApiOptions, createApi } from '../../src/api/app.ts';
import { Activity } from '../../src/delivery/activity.ts';
import { createAdmission } from '../../src/delivery/admission.ts';
import type { ResolveName } from '../../src/delivery/name-resolver.ts';
import { createRegistry, type SubscriptionRegistry } from '../../src/subscription/registry.ts';
import { systemClock } from '../../src/util/clock.ts';
import { documented } from './documented.ts';
import { MemorySubscriptions, NO_STATS } from './memory-subscriptions.ts';

export interface ApiUnderTest extends Api {
  readonly registry: SubscriptionRegistry;
  readonly store: MemorySubscriptions;
  /** What the API logged as an error: nothing, unless a bug is under test. */
  readonly errors: readonly string[];
  /** A request with a JSON body; `Host: localhost` as curl would send it. The answer is held against its schema. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

type ApiUnderTestOptions = Partial<Pick<ApiOptions, 'token' | 'health' | 'metrics' | 'dashboard'>> & {
  readonly engine?: Pick<ApiOptions['engine'], 'stats'>;
  /** Default: there is nothing to recover. */
  readonly recovery?: Partial<ApiOptions['engine']['recovery']>;
  /** `network.allow`. */
  readonly allow?: readonly string[];
  /** Default: no name has an address. */
  readonly resolve?: ResolveName;
};

const nameless: ResolveName = (host) => Promise.reject(new Error(`${host} is not found`));

/** A store in which nothing is kept. */
const NOTHING_KEPT: ApiOptions['history'] = {
  deliveries: async () => ({ deliveries: [] }),
  delivery: async () => undefined,
  shapeAt: async () => undefined,
  batchMembers: async () => [],
  batchMayLack: async () => false,
  events: async () => ({ events: [] }),
  event: async () => undefined,
  oldestPending: async () => [],
  countDead: async () => 0,
};

function nothingToRecover(registry: SubscriptionRegistry): ApiOptions['engine']['recovery'] {
  return {
    retry: async () => ({ kind: 'unknown' }),
    retryDead: async () => 0,
    deleteDead: async () => 0,
    replay: async () => 0,
    enable: (id) => registry.update(id, { enabled: true }),
  };
}

/** The real API over the real registry; only disk and engine are stand-ins. */
export async function makeApi({
  allow = [],
  resolve = nameless,
  engine,
  recovery,
  ...options
}: ApiUnderTestOptions = {}): Promise<ApiUnderTest> {
  const store = new MemorySubscriptions();
  const registry = await createRegistry({ store, clock: systemClock });
  const errors: string[] = [];
  const ignore = (): void => {};
  const api = createApi({
    registry,
    engine: {
      stats: () => NO_STATS,
      breaker: () => 'closed',
      nextAttemptAt: () => undefined,
      listen: () => () => {},
      activity: () => new Activity(systemClock.now).report(),
      health: () => ({ state: 'ready' }),
      sendTest: () => Promise.reject(new Error('nothing is sent')),
      ...engine,
      recovery: { ...nothingToRecover(registry), ...recovery },
    },
    publisher: { publish: () => Promise.reject(new Error('nothing is published')) },
    history: NOTHING_KEPT,
    admission: createAdmission({ allow, clock: systemClock, resolve }),
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
      const response = await api.app.request(path, {
        method,
        headers: { ...json, ...headers },
        ...(text === undefined ? {} : { body: text }),
      });
      return documented(method, path, response);
    },
  };
}
