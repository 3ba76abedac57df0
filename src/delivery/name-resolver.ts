import { lookup, Resolver } from 'node:dns/promises';
import { errorOf } from '../util/error.ts';
import { isLocalName, LOCAL_ADDRESSES } from './address-guard.ts';
import { HOSTS_FILE, HostsFile } from './hosts-file.ts';

/** All addresses of a host name, at least one; rejects with an error that has a `code` of Node's dns. */
export type ResolveName = (host: string) => Promise<readonly string[]>;

export interface NameResolverOptions {
  readonly elapsedMs: () => number;
  /** `address:port` of name servers. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
  readonly hostsFile?: string | undefined;
  /** Asked for names that DNS does not know. Default: the system's own resolver. */
  readonly system?: ResolveName | undefined;
}

/** How long an answer holds, in milliseconds: a burst of connections asks once, and a moved name is found soon. */
const HOLDS_MS = 10_000;
const MAX_HELD = 1_024;

/** For one question to one name server; doubled with the second try. */
const QUERY = { timeout: 2_000, tries: 2 } as const;

/** DNS has answered, or there is no DNS: another way of the system's may know the name. */
const UNKNOWN_TO_DNS: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME']);

/**
 * Finds addresses without a thread of its own for each question. The system's `getaddrinfo` takes one of four threads
 * that the whole process shares and holds it for as long as a dead name server is silent: four such names would stall
 * all lanes. So DNS is asked through sockets, any number of names at a time, after the hosts file, whose word counts
 * before that of DNS. Only a name that DNS does not know goes to the system (search domains, mDNS), one at a time:
 * whoever waits for that waits for names like its own.
 */
export class NameResolver {
  readonly #options: NameResolverOptions;
  readonly #hosts: HostsFile;
  readonly #held = new Map<string, { readonly addresses: readonly string[]; readonly until: number }>();
  readonly #underWay = new Map<string, Promise<readonly string[]>>();
  readonly #asking = new Set<Resolver>();
  #systemFree: Promise<unknown> = Promise.resolve();

  constructor(options: NameResolverOptions) {
    this.#options = options;
    this.#hosts = new HostsFile(options.hostsFile ?? HOSTS_FILE);
  }

  /** Of one name one question is under way at a time; only what was found is held. */
  resolve(host: string): Promise<readonly string[]> {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (isLocalName(name)) return Promise.resolve(LOCAL_ADDRESSES);
    const held = this.#held.get(name);
    if (held !== undefined && held.until > this.#options.elapsedMs()) return Promise.resolve(held.addresses);
    const underWay = this.#underWay.get(name) ?? this.#begin(name);
    this.#underWay.set(name, underWay);
    return underWay;
  }

  /** Questions under way end with ECANCELLED. */
  stop(): void {
    for (const resolver of this.#asking) resolver.cancel();
  }

  async #begin(name: string): Promise<readonly string[]> {
    try {
      const addresses = await this.#find(name);
      this.#hold(name, addresses);
      return addresses;
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #find(name: string): Promise<readonly string[]> {
    // Never done within the turn it began in, so that #begin is noted before it ends.
    await Promise.resolve();
    const own = this.#hosts.addresses(name);
    if (own.length > 0) return own;
    try {
      return await this.#askDns(name);
    } catch (error) {
      if (!UNKNOWN_TO_DNS.has(codeOf(error))) throw error;
      return await this.#askSystem(name);
    }
  }

  /** IPv4 first: a machine without IPv6 loses no time. A question that fails beside one that is answered is passed over. */
  async #askDns(name: string): Promise<readonly string[]> {
    // Made anew each time: it has the system's name servers of this moment.
    const resolver = new Resolver(QUERY);
    if (this.#options.servers !== undefined) resolver.setServers(this.#options.servers);
    this.#asking.add(resolver);
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    this.#asking.delete(resolver);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const errors = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [errorOf(answer.reason)] : [],
    );
    // One name server that is silent says more than one that knows of nothing.
    throw errors.find((error) => !UNKNOWN_TO_DNS.has(codeOf(error))) ?? errors[0] ?? noAddress(name);
  }

  #askSystem(name: string): Promise<readonly string[]> {
    const { system = systemLookup } = this.#options;
    const answer = this.#systemFree.then(() => system(name));
    this.#systemFree = answer.catch(() => {});
    return answer;
  }

  #hold(name: string, addresses: readonly string[]): void {
    this.#held.delete(name);
    if (this.#held.size >= MAX_HELD) this.#held.clear();
    this.#held.set(name, { addresses, until: this.#options.elapsedMs() + HOLDS_MS });
  }
}

async function systemLookup(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function noAddress(name: string): Error {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND', hostname: name });
}
