import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '../../../util/clock.ts';
import { errorOf } from '../../../util/error.ts';
import type { TlsMaterial } from '../../../util/tls-files.ts';
import type { AddressGuard, Endpoint } from '../../address-guard.ts';
import type { ResolveName } from '../../name-resolver.ts';
import { RefusedAddressError } from '../failure.ts';
import { Connection, type Route } from './connection.ts';

/** Ways whose connections are kept at a time; the one not used for longest makes room. */
const MAX_WAYS = 512;

const STOPPED = { code: 'aborted', message: 'The sender was stopped' } as const;

/** How often connections are looked for that have been idle for too long, in milliseconds. */
const SWEEP_MS = 1_000;

/** How connections to an origin are made; those made in different ways are never shared. */
export interface Way {
  /** Tells ways apart: of two with the same key all else is the same too. */
  readonly key: string;
  readonly isSecure: boolean;
  readonly endpoint: Endpoint;
  readonly guard: AddressGuard;
  readonly tls: TlsMaterial | undefined;
}

interface Idle {
  readonly connection: Connection;
  /** By {@link Clock.elapsedMs}. */
  readonly until: number;
}

/** Connections that were made in the same way. One is made where all others are in use. */
interface Origin {
  readonly route: Route;
  /** The one used last comes last, and is used next: those that are too many go idle for long enough to be closed. */
  idle: Idle[];
}

/**
 * Kept connections by the way they were made. Each new one goes to an address that was checked for it: the name is
 * looked up here, and what was found is what is connected to, so a name can't change its address in between. Proxies
 * of the environment are not followed.
 */
export class Connections {
  readonly #clock: Clock;
  readonly #resolve: ResolveName;
  /** The one not used for longest first. */
  readonly #origins = new Map<string, Origin>();
  /** The last of them: where it is used again, which is mostly so, their order stays. */
  #latest: Origin | undefined;
  readonly #open = new Set<Connection>();
  #sweep: Timer | undefined;

  constructor(clock: Clock, resolve: ResolveName) {
    this.#clock = clock;
    this.#resolve = resolve;
  }

  /** For one request; to be given back when that has ended. */
  take(way: Way): Connection {
    const { route, idle } = this.#originOf(way);
    const now = this.#clock.elapsedMs();
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (kept.connection.keptMs > 0 && kept.until > now) return kept.connection;
      kept.connection.destroy();
    }
    const connection = new Connection(route, () => this.#open.delete(connection));
    this.#open.add(connection);
    return connection;
  }

  /** It is used again only where its request was answered: of any other nobody knows what still comes on it. */
  giveBack({ key }: Way, connection: Connection, isAnswered: boolean): void {
    const origin = this.#origins.get(key);
    if (!isAnswered || connection.keptMs === 0 || origin === undefined) {
      connection.destroy();
      return;
    }
    // Not before what waits on it has been read: a receiver may have closed it right behind its answer.
    setImmediate(() => {
      const { keptMs, isSending } = connection;
      if (keptMs === 0 || isSending || this.#origins.get(key) !== origin) {
        connection.destroy();
        return;
      }
      origin.idle.push({ connection, until: this.#clock.elapsedMs() + keptMs });
      this.#sweep ??= this.#clock.after(SWEEP_MS, () => this.#sweepIdle());
    });
  }

  /** Closes every connection; attempts under way fail. */
  stop(): void {
    this.#sweep?.cancel();
    this.#origins.clear();
    for (const connection of this.#open) connection.abort(STOPPED);
  }

  #sweepIdle(): void {
    const now = this.#clock.elapsedMs();
    let isAnyLeft = false;
    for (const origin of this.#origins.values()) {
      const { idle } = origin;
      origin.idle = idle.filter(({ connection, until }) => connection.keptMs > 0 && until > now);
      for (const { connection, until } of idle) {
        if (until <= now) connection.destroy();
        else connection.rest();
      }
      isAnyLeft ||= origin.idle.length > 0;
    }
    this.#sweep = isAnyLeft ? this.#clock.after(SWEEP_MS, () => this.#sweepIdle()) : undefined;
  }

  #originOf(way: Way): Origin {
    const known = this.#origins.get(way.key);
    if (known !== undefined && known === this.#latest) return known;
    if (known === undefined) {
      this.#makeRoom();
    } else {
      this.#origins.delete(way.key);
    }
    const origin = known ?? { route: this.#routeOf(way), idle: [] };
    this.#origins.set(way.key, origin);
    this.#latest = origin;
    return origin;
  }

  /** Attempts under way on its connections finish first. */
  #makeRoom(): void {
    const [oldest] = this.#origins;
    if (oldest === undefined || this.#origins.size < MAX_WAYS) {
      return;
    }
    const [key, { idle }] = oldest;
    this.#origins.delete(key);
    for (const { connection } of idle) connection.destroy();
  }

  #routeOf(way: Way): Route {
    const { endpoint, isSecure, tls } = way;
    const lookup = this.#lookup(way);
    if (!isSecure) return { endpoint, lookup };
    const { ca, cert, key, serverName } = tls ?? {};
    return {
      endpoint,
      lookup,
      tls: { context: createSecureContext({ ca, cert, key }), serverName, session: undefined },
    };
  }

  /** Never called for a host that is an address itself: such a one is checked when it becomes a target. */
  #lookup({ endpoint, guard }: Way): LookupFunction {
    return (host, options, callback) => {
      this.#resolve(host).then(
        (found) => {
          const choice = guard.choose(endpoint, found);
          const [first] = choice.ok ? choice.addresses : [];
          if (!choice.ok) {
            callback(new RefusedAddressError('refused_address', choice.message), '');
          } else if (options.all === true) {
            callback(null, choice.addresses.map(withFamily));
          } else {
            callback(null, first ?? '', isIP(first ?? ''));
          }
        },
        (error: unknown) => callback(errorOf(error), ''),
      );
    };
  }
}

function withFamily(address: string): { address: string; family: number } {
  return { address, family: isIP(address) };
}
