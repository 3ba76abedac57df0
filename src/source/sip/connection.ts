import { connect, Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { reasonOf } from '../../util/error.ts';
import type { Wire } from './host-srf.ts';
import { createOwnSrf, type OwnSrf } from './own-srf.ts';

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
}

/** `message` is a sentence for whoever runs the PBX; it never holds the secret. */
export interface ConnectionFailure {
  readonly code: 'unreachable' | 'refused' | 'timeout' | 'silent' | 'closed';
  readonly message: string;
}

export interface LoggedIn {
  readonly srf: OwnSrf;
  readonly wire: Wire;
  readonly socket: Socket;
}

export interface DrachtioConnection {
  /** Undefined when it came to nothing; `lost` tells why. */
  readonly ready: Promise<LoggedIn | undefined>;
  /** Settles once nothing is left of it; with undefined when it was closed from here. */
  readonly lost: Promise<ConnectionFailure | undefined>;
  close(): void;
}

/** Milliseconds from the first SYN to the answer to the login. */
const LOGIN_LIMIT_MS = 10_000;
/** Milliseconds in which what was sent last must have gone out. */
const FAREWELL_MS = 1_000;
/** Milliseconds between pings; where nothing comes in between two of them, the server is gone. */
const PING_MS = 15_000;

/**
 * A connection of our own to a drachtio-server, once: drachtio-srf reconnects by itself for ever and can't give a
 * connect up, but it takes a socket that is already there, as if the server had come to it.
 */
export function openConnection({ host, port, secret, clock }: ConnectionOptions): DrachtioConnection {
  const ready = deferred<LoggedIn | undefined>();
  const lost = deferred<ConnectionFailure | undefined>();
  const timers = new Set<Timer>();
  let failure: ConnectionFailure | undefined;
  let isWanted = true;
  const fail = (code: ConnectionFailure['code'], what: string): void => {
    failure ??= { code, message: `drachtio-server at ${host}:${port} ${what}` };
    socket.destroy();
  };
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  timers.add(clock.after(LOGIN_LIMIT_MS, () => fail('timeout', 'does not answer')));
  socket.on('error', (error) => fail('unreachable', `can't be reached: ${reasonOf(error)}`));
  socket.on('close', () => {
    for (const timer of timers) timer.cancel();
    if (isWanted) fail('closed', 'ended the connection');
    ready.resolve(undefined);
    lost.resolve(isWanted ? failure : undefined);
  });
  socket.on('connect', () =>
    logIn(socket, secret, (refusal, session) => {
      for (const timer of timers) timer.cancel();
      if (refusal !== undefined) return fail('refused', `refuses the login: ${refusal}`);
      ready.resolve(session);
      keepAwake(session, clock, timers, () => fail('silent', 'does not answer any more'));
    }),
  );
  const close = (): void => {
    isWanted = false;
    // What was sent last, such as the end of a subscription, still goes out.
    if (socket.connecting) socket.destroy();
    else socket.destroySoon();
    timers.add(clock.after(FAREWELL_MS, () => socket.destroy()));
  };
  return { ready: ready.promise, lost: lost.promise, close };
}

function logIn(
  socket: Socket,
  secret: string,
  onAnswer: (refusal: string | undefined, session: LoggedIn) => void,
): void {
  const srf = createOwnSrf();
  /** Never listens: it is the door through which drachtio-srf takes our socket. */
  const door = new Server();
  srf.listen({ server: door, secret });
  const wire = srf.app.client?.wp;
  if (wire === undefined) throw new TypeError('drachtio-srf has no connection after listen');
  srf.on('connect', (error?: unknown) => {
    const isRefused = error !== undefined && error !== null;
    onAnswer(isRefused ? reasonOf(error) : undefined, { srf, wire, socket });
  });
  door.emit('connection', socket);
}

/** TCP tells after hours that the other machine is gone. */
function keepAwake(
  { wire, socket }: LoggedIn,
  clock: Clock,
  timers: Set<Timer>,
  onSilence: () => void,
): void {
  let wasHeard = false;
  wire.on('msg', () => {
    wasHeard = true;
  });
  const ping = (): void => {
    wasHeard = false;
    wire.send(socket, 'ping');
    timers.clear();
    timers.add(clock.after(PING_MS, () => (wasHeard ? ping() : onSilence())));
  };
  ping();
}
