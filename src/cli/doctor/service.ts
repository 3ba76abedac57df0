import { once } from 'node:events';
import { createServer } from 'node:net';
import { type AnswerOf, ApiProblem, createClient } from '../../api/client.ts';
import type { ApiConfig } from '../../config/config.ts';
import { reasonOf } from '../../util/error.ts';
import { isLoopback } from '../../util/loopback.ts';
import { apiAddress } from '../api-address.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

/** What answers where the service should. */
export type ServiceState =
  | { readonly state: 'off' }
  | { readonly state: 'absent' }
  | { readonly state: 'foreign'; readonly saw: string }
  | { readonly state: 'unreachable'; readonly saw: string }
  /** It runs with another token. */
  | { readonly state: 'refused' }
  | RunningService;

export interface RunningService {
  readonly state: 'running';
  readonly checks: readonly HealthCheck[];
  readonly subscriptions: AnswerOf<'GET /'>;
  /** Of each subscription, by id; undefined where the API does not tell. */
  readonly lanes: AnswerOf<'GET /stats'>['subscriptions'] | undefined;
}

interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly state: string;
}

/** Never rejects. */
export async function askService(api: ApiConfig, timeoutMs: number): Promise<ServiceState> {
  if (!api.enabled) return { state: 'off' };
  const client = createClient({ baseUrl: apiAddress(api), token: api.token });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const subscriptions = await client.call('GET /', { signal });
    // What answers need not be the service, whatever the types say.
    if (!Array.isArray(subscriptions)) return { state: 'foreign', saw: 'it answers otherwise' };
    const [checks, lanes] = await Promise.all([
      client.call('GET /readyz', { signal }).then(({ checks: all }) => all ?? [], notReady),
      client.call('GET /stats', { signal }).then(
        (stats) => stats.subscriptions,
        () => undefined,
      ),
    ]);
    return { state: 'running', checks, subscriptions, lanes };
  } catch (error) {
    return stateOf(error);
  }
}

/** What is not ready stands in the details. */
function notReady(error: unknown): readonly HealthCheck[] {
  if (!(error instanceof ApiProblem)) throw error;
  return error.details.map(({ path, message }) => ({ name: path, ok: false, state: message }));
}

function stateOf(error: unknown): ServiceState {
  if (!(error instanceof ApiProblem)) return { state: 'unreachable', saw: reasonOf(error) };
  if (error.code === 'unauthorized') return { state: 'refused' };
  if (error.code === 'unreachable') {
    const code = codeOf(error.cause);
    if (code === 'ECONNREFUSED') return { state: 'absent' };
    return /^(?:HPE_|UND_ERR_SOCKET|ECONNRESET|EPROTO|ERR_SSL)/.test(code)
      ? { state: 'foreign', saw: 'it speaks no HTTP' }
      : { state: 'unreachable', saw: error.message };
  }
  return { state: 'foreign', saw: error.message };
}

/** Of the innermost error: `fetch` hides it behind one of its own. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const [first] = error instanceof AggregateError ? error.errors : [];
  const inner = codeOf(first ?? error.cause);
  if (inner !== '') return inner;
  return 'code' in error ? String(error.code) : '';
}

export async function serviceFindings(service: ServiceState, api: ApiConfig): Promise<readonly Finding[]> {
  const url = apiAddress(api);
  switch (service.state) {
    case 'off':
      return [skipped('api_disabled', 'api.enabled is false: whether the service runs can’t be seen')];
    case 'absent': {
      const free = await portFinding(api);
      const saw = `the service does not run: nobody listens at ${url}`;
      return [free, skipped('service_not_running', saw, 'pbx-webhooks start'), ...tokenFindings(api)];
    }
    case 'foreign':
      return [
        failed(
          'api_port_taken',
          `port ${api.port} is taken by another program: ${service.saw}`,
          'set api.port to a free one, or end the other program (ss -ltnp tells which it is)',
        ),
      ];
    case 'unreachable':
      return [
        failed(
          'service_unreachable',
          `the service does not answer: ${service.saw}`,
          'see its log, and start it anew',
        ),
      ];
    case 'refused':
      return [
        failed(
          'api_token_refused',
          `the service at ${url} runs with another token than this file’s`,
          'start it anew if api.token was changed; see the environment that it and this command have',
        ),
      ];
    case 'running':
      return [ok('service', `runs at ${url}`), ...healthFindings(service), ...tokenFindings(api)];
    default:
      return service satisfies never;
  }
}

function healthFindings({ checks }: RunningService): readonly Finding[] {
  return checks
    .filter((check) => !check.ok)
    .map(({ name, state }) =>
      failed(
        'service_not_ready',
        `${name} of the running service: ${state}`,
        'see the findings of that part here, and the log of the service',
      ),
    );
}

/** Whoever guesses it may do everything. */
const LEAST_TOKEN_LENGTH = 16;

function tokenFindings({ host, token }: ApiConfig): readonly Finding[] {
  if (token === undefined) return [ok('api_token', 'no token: the API serves this machine only')];
  return token.length < LEAST_TOKEN_LENGTH && !isLoopback(host)
    ? [
        warning(
          'api_token_weak',
          `api.token has ${token.length} characters`,
          'take a longer one: openssl rand -hex 32',
        ),
      ]
    : [ok('api_token', 'the API asks for a token')];
}

/** Nobody listens there; whether this user could. */
async function portFinding({ host, port }: ApiConfig): Promise<Finding> {
  if (port === 0) return ok('api_port', 'api.port is 0: a free one is taken');
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return ok('api_port', `port ${port} is free`);
  } catch (error) {
    const code = codeOf(error);
    const fix =
      code === 'EACCES'
        ? 'take a port above 1023, or give the service CAP_NET_BIND_SERVICE'
        : 'set api.host to an address of this machine, and api.port to a free port';
    return failed('api_port_unusable', `can’t listen at ${host} port ${port}: ${reasonOf(error)}`, fix);
  } finally {
    server.close();
  }
}
