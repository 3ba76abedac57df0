import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { Pool } from 'undici';
import { errorOf } from '../../util/error.ts';
import type { TlsMaterial } from '../../util/tls-files.ts';
import type { AddressGuard, Endpoint } from '../address-guard.ts';
import type { ResolveName } from '../name-resolver.ts';
import { RefusedAddressError } from './failure.ts';

/** Origins whose connections are kept at a time; the one not used for longest makes room. */
const MAX_POOLS = 512;

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

/**
 * Kept connections by the way they were made. Each new one goes to an address that was checked for it: the name is
 * looked up here, and what was found is what is connected to, so a name can't change its address in between. Proxies
 * of the environment are not followed.
 */
export class Connections {
  readonly #resolve: ResolveName;
  /** The one not used for longest first. */
  readonly #pools = new Map<string, Pool>();

  constructor(resolve: ResolveName) {
    this.#resolve = resolve;
  }

  pool(way: Way): Pool {
    const known = this.#pools.get(way.key);
    if (known === undefined) {
      this.#makeRoom();
    } else {
      this.#pools.delete(way.key);
    }
    const pool = known ?? this.#open(way);
    this.#pools.set(way.key, pool);
    return pool;
  }

  /** Closes every connection; attempts under way fail. */
  async stop(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #makeRoom(): void {
    if (this.#pools.size < MAX_POOLS) {
      return;
    }
    for (const [key, pool] of this.#pools) {
      this.#pools.delete(key);
      // Attempts under way on it finish first.
      pool.close().catch(() => {});
      return;
    }
  }

  /** The deadline of an attempt stands for all of undici's own but the one for connecting. */
  #open(way: Way): Pool {
    const { ca, cert, key, serverName } = way.tls ?? {};
    return new Pool(way.origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        lookup: this.#lookup(way),
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
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
