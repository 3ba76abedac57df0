import type { Hono } from 'hono';
import type { ApiEnv } from '../env.ts';
import type { Health } from '../health.ts';
import { problemBody } from '../problem.ts';
import { routes } from '../route.ts';

/**
 * `/healthz`: the process lives. `/readyz`: it sees, stores and sends events, else 503 that names what does not.
 * Both answer without the token, for probes; only who bears it is told the parts.
 */
export function statusRoutes(health: () => Health): Hono<ApiEnv> {
  return routes({
    'GET /healthz': () => ({ status: 'ok' }),
    'GET /readyz': (_input, context) => {
      const { ready, checks } = health();
      const trusted = context.get('trusted');
      if (ready) {
        return trusted ? { status: 'ready', checks: [...checks] } : { status: 'ready' };
      }
      const details = checks
        .filter(({ ok }) => !ok)
        .map(({ name, state }) => ({ path: name, message: state }));
      return context.json(problemBody('not_ready', 'Not ready', trusted ? details : []), 503);
    },
  });
}
