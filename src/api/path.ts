import { getPath } from 'hono/utils/url';
import type { ApiEnv } from './env.ts';

export const API_PREFIX = '/api/webhooks';
export const DASHBOARD_PREFIX = '/webhooks';

/** Ask whether all is well; need no token. */
export const PROBES = ['/healthz', '/readyz'] as const;

/** Stand beside the API, and in it for who mounts nothing else. */
const BESIDE = [...PROBES, '/metrics'] as const;

type Bindings = ApiEnv['Bindings'] | undefined;

/**
 * Where a request points within the API or the dashboard, whatever prefix they are served under. A host or a proxy may
 * keep its prefix (`/pbx/api/webhooks/…`) or cut it off; one that mounts the handler and cuts its path off (as Express
 * does, leaving the whole in `originalUrl`) leaves only what follows `/api/webhooks`, or `/webhooks` of the dashboard.
 */
export function apiPath(request: Request, options?: { env?: Bindings }): string {
  const path = withoutSlash(getPath(request));
  const whole = withoutSlash(requestedPath(request, options?.env));
  const inApi = below(API_PREFIX, path) ?? below(API_PREFIX, whole);
  const known = inApi ?? below(DASHBOARD_PREFIX, path) ?? below(DASHBOARD_PREFIX, whole);
  const within = known ?? withoutSlash(path === whole ? path : `${API_PREFIX}${path}`);
  const beside = BESIDE.find((name) => within === `${API_PREFIX}${name}` || (!inApi && path.endsWith(name)));
  return beside ?? within;
}

/** The path that the client asked for, before a host cut anything off. */
export function requestedPath(request: Request, env: Bindings): string {
  const incoming = env?.incoming;
  const original = incoming !== undefined && 'originalUrl' in incoming ? incoming.originalUrl : undefined;
  const url = typeof original === 'string' ? URL.parse(original, request.url) : null;
  return url?.pathname ?? getPath(request);
}

export function isDashboard(path: string): boolean {
  return path === DASHBOARD_PREFIX || path.startsWith(`${DASHBOARD_PREFIX}/`);
}

/** The path from `prefix` on, where it stands in it. */
function below(prefix: string, path: string): string | undefined {
  return new RegExp(`${prefix}(?:/.*)?$`, 's').exec(path)?.[0];
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, '');
}
