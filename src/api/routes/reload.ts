import type { Hono } from 'hono';
import type { ApiEnv } from '../env.ts';
import { Problem, type ProblemDetail } from '../problem.ts';
import { routes } from '../route.ts';

/** Has the configuration file read again; undefined where there is none. */
export type Reload = () => Promise<
  | {
      readonly kind: 'taken_over';
      readonly message: string;
      readonly subscriptions: number;
      readonly restartNeeded: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string; readonly issues: readonly ProblemDetail[] }
>;

export function reloadRoutes(reload: Reload | undefined): Hono<ApiEnv> {
  return routes({
    'POST /config/reload': async () => {
      if (reload === undefined) {
        throw new Problem(
          'no_config_file',
          'There is no config file: whoever started this gave the configuration itself, and restarts it to change that',
        );
      }
      const outcome = await reload();
      if (outcome.kind === 'refused') throw new Problem('config_invalid', outcome.message, outcome.issues);
      const { message, subscriptions, restartNeeded } = outcome;
      return { success: true, message, subscriptions, restart_needed: [...restartNeeded] };
    },
  });
}
