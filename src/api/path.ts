import { getPath } from 'hono/utils/url';
import type { ApiEnv } from './env.ts';

export const API_PREFIX = '/api/webhooks';

/** Ask whether all is well; need no token. */
export const PROBES = ['/healthz', '/readyz'] as const;

/** Stand beside the API, and in it for who mounts nothing else. */
const BESIDE = [...PROBES, '/metrics'] as const;

/**
 * Where a request points within the API, whatever prefix it is served under. A host or a proxy may keep its prefix
 * (`/pbx/api/webhooks/…`) or cut it off; one that mounts the handler and cuts its path off (as Express does, leaving
 * the whole in `originalUrl`) leaves only what follows `/api/webhooks`.
 */
export function apiPath(request: Request, options?: { env?: ApiEnv['Bindings'] | undefined }): string {
  const path = getPath(request).replace(/(?<=.)\/$/, '');
  const inApi = /\/api\/webhooks(?:\/.*)?$/s.exec(path)?.[0];
  const within = inApi ?? (isCutOff(options?.env) ? `${API_PREFIX}${path}`.replace(/\/$/, '') : path);
  const beside = BESIDE.find((name) => within === `${API_PREFIX}${name}` || (!inApi && path.endsWith(name)));
  return beside ?? within;
}

function isCutOff(env: ApiEnv['Bindings'] | undefined): boolean {
  const incoming = env?.incoming;
  return incoming !== undefined && 'originalUrl' in incoming && incoming.originalUrl !== incoming.url;
}
