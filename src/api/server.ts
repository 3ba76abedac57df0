import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { deferred } from '../util/deferred.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import { type Logger, silentLogger } from '../util/log.ts';
import { isLoopback } from '../util/loopback.ts';
import type { Api } from './app.ts';
import { type ProblemCode, problemBody, statusOf } from './problem.ts';

export interface ApiServerOptions {
  readonly api: Api;
  /** Default 127.0.0.1. `localhost`, 127.0.0.1 and ::1 mean both of the two addresses that `localhost` may be. */
  readonly host?: string | undefined;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number | undefined;
  readonly logger?: Logger | undefined;
}

export interface ApiServer {
  readonly port: number;
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more connections, lets requests finish for at most `graceMs` (default 2,000), ends the rest. */
  close(graceMs?: number): Promise<void>;
}

export type ApiStartCode =
  | 'api_token_required'
  | 'api_port_in_use'
  | 'api_port_forbidden'
  | 'api_address_unavailable'
  | 'api_listen_failed';

/** Why the API can't be served where it was asked to. */
export class ApiStartError extends CodedError<ApiStartCode> {}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8080;
const DEFAULT_GRACE_MS = 2_000;
/** A port that is free on one address may be taken on the other. */
const FREE_PORT_TRIES = 10;
const MAX_CONNECTIONS = 1_000;

const SERVER_OPTIONS = {
  // Who sends a request byte by byte, or none at all, holds a connection no longer than this. Milliseconds.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  // A missing Host is refused by the API itself, in the shape of its other errors.
  requireHostHeader: false,
};

const UNAVAILABLE = [
  'api_address_unavailable',
  'this machine has no such address; set features.webhooks.api.host to one it has',
] as const;
const START_ERRORS = new Map<string, readonly [ApiStartCode, string]>([
  [
    'EADDRINUSE',
    ['api_port_in_use', 'another program uses it; stop that one, or set features.webhooks.api.port'],
  ],
  ['EACCES', ['api_port_forbidden', 'that takes more rights; set features.webhooks.api.port above 1023']],
  ['EADDRNOTAVAIL', UNAVAILABLE],
  ['EAFNOSUPPORT', UNAVAILABLE],
  ['ENOTFOUND', UNAVAILABLE],
  ['EAI_AGAIN', UNAVAILABLE],
]);

const UNREADABLE = new Map<string, readonly [ProblemCode, string]>([
  ['HPE_HEADER_OVERFLOW', ['headers_too_large', 'The request line and headers are larger than 16 KiB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['request_timeout', 'The request did not arrive in time']],
]);

/** Rejects with an {@link ApiStartError} that names host and port and what to do. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { api, host = DEFAULT_HOST, port = DEFAULT_PORT, logger = silentLogger } = options;
  if (!api.hasToken && !isLoopback(host)) {
    throw new ApiStartError(
      'api_token_required',
      `The API needs a token to listen on ${host}: set features.webhooks.api.token, or api.host to 127.0.0.1`,
    );
  }
  const servers = await listen(api.handler, host, port);
  for (const server of servers) {
    server.on('error', (error) => logger.error(`API server: ${reasonOf(error)}`));
  }
  const [first] = servers;
  const taken = portOf(first);
  return {
    port: taken,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: async (graceMs = DEFAULT_GRACE_MS) => {
      api.endStreams();
      await Promise.all(servers.map((server) => closeServer(server, graceMs)));
    },
  };
}

/**
 * `localhost` is 127.0.0.1 to one program and ::1 to the next: whoever listens on one of them listens on the other
 * too, unless this machine has no such address.
 */
async function listen(
  handler: RequestListener,
  host: string,
  port: number,
): Promise<readonly [Server, ...Server[]]> {
  const [address, twin] = host === '::1' ? ['::1', '127.0.0.1'] : ['127.0.0.1', '::1'];
  if (host !== 'localhost' && host !== address) {
    return [await mustListen(handler, host, port)];
  }
  for (let tries = 1; ; tries += 1) {
    const first = await mustListen(handler, address, port);
    const second = await listenOn(handler, twin, portOf(first));
    if (!(second instanceof ApiStartError)) {
      return [first, second];
    }
    if (second.code === 'api_address_unavailable') {
      return [first];
    }
    await closeServer(first, 0);
    if (port !== 0 || tries === FREE_PORT_TRIES) {
      throw second;
    }
  }
}

async function mustListen(handler: RequestListener, host: string, port: number): Promise<Server> {
  const server = await listenOn(handler, host, port);
  if (server instanceof ApiStartError) {
    throw server;
  }
  return server;
}

function listenOn(handler: RequestListener, host: string, port: number): Promise<Server | ApiStartError> {
  const server = createServer(SERVER_OPTIONS, handler);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', answerUnreadable);
  // Without these Node answers nothing, or without a code.
  server.on('connect', (_request, socket) => answer(socket, 'method_not_allowed', 'This is no proxy'));
  server.on('checkExpectation', handler);
  server.on('request', (_request, response) => {
    // A kept-alive connection that turns idle while we close has to be ended by someone.
    response.once('close', () => setImmediate(() => server.listening || server.closeIdleConnections()));
  });
  const { promise, resolve } = deferred<Server | ApiStartError>();
  const refused = (error: Error): void => resolve(startError(error, host, port));
  server.once('error', refused);
  server.listen({ host, port }, () => {
    server.off('error', refused);
    resolve(server);
  });
  return promise;
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): ApiStartError {
  const [code, advice] = START_ERRORS.get(error.code ?? '') ?? ['api_listen_failed', reasonOf(error)];
  return new ApiStartError(code, `The API can't listen on ${host} port ${port}: ${advice}`, { cause: error });
}

/** Answers what `node:http` could not read as a request. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = UNREADABLE.get(error.code ?? '') ?? [
    'malformed_request',
    'This is no HTTP request',
  ];
  answer(socket, code, message);
}

function answer(socket: Duplex, code: ProblemCode, message: string): void {
  const body = JSON.stringify(problemBody(code, message));
  const head = [
    `HTTP/1.1 ${statusOf(code)} ${STATUS_CODES[statusOf(code)]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = deferred<void>();
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  server.close(() => {
    clearTimeout(deadline);
    resolve();
  });
  return promise;
}
