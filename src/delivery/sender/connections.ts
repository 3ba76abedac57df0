import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { buildConnector, Client } from 'undici';
import { errorOf } from '../../util/error.ts';
import type { TlsMaterial } from '../../util/tls-files.ts';
import type { AddressGuard, Endpoint } from '../address-guard.ts';
import type { ResolveName } from '../name-resolver.ts';
import { RefusedAddressError } from './failure.ts';

/** Ways whose connections are kept at a time; the one not used for longest makes room. */
const MAX_WAYS = 512;

/**
 * Longest wait for a connection. It outlives an attempt with a shorter timeout: undici can't give up a single
 * connection attempt earlier.
 */
const CONNECT_TIMEOUT_MS = 30_000;

/** How connections to an origin are made; those made in different ways are never shared. */
export interface Way {
  /** Tells ways apart: of two with the same key all else is the same too. */
  readonly key: string;
  readonly origin: string;
  readonly endpoint: Endpoint;
  readonly guard: AddressGuard;
  readonly tls: TlsMaterial | undefined;
}

/** Connections that were made in the same way. One is made where all others are in use. */
interface Origin {
  readonly connect: buildConnector.connector;
  /** The one used last comes last, and is used next: those that are too many go idle for long enough to be closed. */
  readonly idle: Client[];
}

/**
 * Kept connections by the way they were made. Each new one goes to an address that was checked for it: the name is
 * looked up here, and what was found is what is connected to, so a name can't change its address in between. Proxies
 * of the environment are not followed.
 *
 * undici's `Client` is one connection for one request at a time. Its `Pool` of them costs some percent of each.
 */
export class Connections {
  readonly #resolve: ResolveName;
  /** The one not used for longest first. */
  readonly #origins = new Map<string, Origin>();
  /** The last of them: where it is used again, which is mostly so, their order stays. */
  #latest: Origin | undefined;
  readonly #clients = new Set<Client>();

  constructor(resolve: ResolveName) {
    this.#resolve = resolve;
  }

  /** For one request; to be given back when that has ended. */
  take(way: Way): Client {
    const origin = this.#originOf(way);
    return origin.idle.pop() ?? this.#open(way, origin);
  }

  /** It is used again only where its request was answered: of any other nobody knows what still comes on it. */
  giveBack({ key }: Way, client: Client, isAnswered: boolean): void {
    const origin = this.#origins.get(key);
    if (!isAnswered || origin === undefined) {
      this.#end(client);
      return;
    }
    // Not before what waits on it has been read: a receiver may have closed it right behind its answer.
    setImmediate(() => {
      if (client.stats.connected && this.#origins.get(key) === origin) origin.idle.push(client);
      else this.#end(client);
    });
  }

  /** Closes every connection; attempts under way fail. */
  async stop(): Promise<void> {
    const clients = [...this.#clients];
    this.#origins.clear();
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.destroy()));
  }

  /** The deadline of an attempt stands for all of undici's own but the one for connecting. */
  #open({ origin: url }: Way, { connect, idle }: Origin): Client {
    const client = new Client(url, { headersTimeout: 0, bodyTimeout: 0, allowH2: false, connect });
    client.on('disconnect', () => {
      const at = idle.indexOf(client);
      if (at === -1) return;
      idle.splice(at, 1);
      this.#end(client);
    });
    this.#clients.add(client);
    return client;
  }

  #end(client: Client): void {
    this.#clients.delete(client);
    client.destroy().catch(() => {});
  }

  #originOf(way: Way): Origin {
    const known = this.#origins.get(way.key);
    if (known !== undefined && known === this.#latest) return known;
    if (known === undefined) {
      this.#makeRoom();
    } else {
      this.#origins.delete(way.key);
    }
    const origin = known ?? { connect: this.#connector(way), idle: [] };
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
    for (const client of idle) this.#end(client);
  }

  #connector(way: Way): buildConnector.connector {
    const { ca, cert, key, serverName } = way.tls ?? {};
    return buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      lookup: this.#lookup(way),
      allowH2: false,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
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
