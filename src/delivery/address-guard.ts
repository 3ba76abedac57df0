/**
 * Which addresses events are never sent to unless someone who runs the PBX says so: a URL that came in through the
 * API must not make this process knock at what only it can reach (SSRF). Pure; names are resolved elsewhere.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Exception, parseException } from './address-exception.ts';

/** Where a connection would go. */
export interface Endpoint {
  /** Host name as `URL.hostname` writes it; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** The allow list of a target; `any`: nothing is refused, for what the config file itself names. */
export type AllowList = readonly string[] | 'any';

export type Choice =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly message: string };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [network: Address, prefix: number, what: string];

/** IANA's registries of special-purpose addresses (RFC 6890 and later), and where clouds put their metadata. */
const REFUSED_V4 = ranges({
  '169.254.169.254/32': 'the metadata service of a cloud',
  '100.100.100.200/32': 'the metadata service of a cloud',
  '168.63.129.16/32': 'the metadata service of a cloud',
  '0.0.0.0/8': 'an unspecified address',
  '10.0.0.0/8': 'a private address',
  '100.64.0.0/10': 'a shared address behind a carrier’s NAT',
  '127.0.0.0/8': 'a loopback address',
  '169.254.0.0/16': 'a link-local address',
  '172.16.0.0/12': 'a private address',
  '192.0.0.0/24': 'an address reserved for protocols',
  '192.0.2.0/24': 'an address of documentation',
  '192.88.99.0/24': 'a reserved address',
  '192.168.0.0/16': 'a private address',
  '198.18.0.0/15': 'an address of benchmarks',
  '198.51.100.0/24': 'an address of documentation',
  '203.0.113.0/24': 'an address of documentation',
  '224.0.0.0/4': 'a multicast address',
  '255.255.255.255/32': 'the broadcast address',
  '240.0.0.0/4': 'a reserved address',
});

const REFUSED_V6 = ranges({
  'fd00:ec2::254/128': 'the metadata service of a cloud',
  'fd20:ce::254/128': 'the metadata service of a cloud',
  '::/128': 'an unspecified address',
  '::1/128': 'a loopback address',
  'fe80::/10': 'a link-local address',
  'fec0::/10': 'a site-local address',
  'fc00::/7': 'a private address',
  'ff00::/8': 'a multicast address',
  '64:ff9b:1::/48': 'a private address of NAT64',
  '2001::/32': 'an address of a Teredo tunnel',
  '2001::/23': 'an address reserved for protocols',
  '2001:db8::/32': 'an address of documentation',
  '3fff::/20': 'an address of documentation',
});

/** All that is public unicast lies in here; what is not yet given out is refused as well. */
const PUBLIC_V6 = range('2000::/3', 'a reserved address');

/** Networks that carry an IPv4 address, and the byte at which it stands. */
const EMBEDDING: readonly (readonly [range: Range, offset: number])[] = [
  [range('::ffff:0:0/96', 'IPv4-mapped'), 12],
  [range('64:ff9b::/96', 'NAT64'), 12],
  [range('2002::/16', '6to4'), 2],
  [range('::/96', 'IPv4-compatible'), 12],
];

export function endpointOf({ hostname, protocol, port }: URL): Endpoint {
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}

/** What names below `localhost` mean, whoever is asked (RFC 6761, 6.3). */
export const LOCAL_ADDRESSES = ['127.0.0.1', '::1'] as const;

export function isLocalName(host: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(host);
}

/** Says of one target's addresses whether they may be connected to. */
export class AddressGuard {
  readonly #exceptions: readonly Exception[] | 'any';

  /** `allow` was checked by {@link parseException} where it came in; an entry that is none allows nothing. */
  constructor(allow: AllowList) {
    this.#exceptions =
      allow === 'any'
        ? 'any'
        : allow.map(parseException).flatMap((parsed) => (parsed.ok ? [parsed.exception] : []));
  }

  /** Of a host that is itself an address, and of a name that is certain to be refused; undefined: not refused. */
  refusalOfHost(endpoint: Endpoint): string | undefined {
    if (isIP(endpoint.host) !== 0) return this.refusal(endpoint, [endpoint.host]);
    if (!isLocalName(endpoint.host)) return undefined;
    const refusals = LOCAL_ADDRESSES.map((address) => this.refusal(endpoint, [address]));
    return refusals.includes(undefined) ? undefined : refusals[0];
  }

  /** Whether {@link refusalOfHost} is the last word, whatever addresses a name has. */
  decides(endpoint: Endpoint): boolean {
    return isIP(endpoint.host) !== 0 || isLocalName(endpoint.host) || this.#trusts(endpoint);
  }

  /** Those of a name's addresses to connect to, or why to none. Nobody but this machine says what `localhost` is. */
  choose(endpoint: Endpoint, addresses: readonly string[]): Choice {
    if (isLocalName(endpoint.host)) {
      const passing = addresses.filter((address) => this.refusal(endpoint, [address]) === undefined);
      if (passing.length > 0) return { ok: true, addresses: passing };
    }
    const message = this.refusal(endpoint, addresses);
    return message === undefined ? { ok: true, addresses } : { ok: false, message };
  }

  /** All addresses of a name must pass: which of them is taken in the end nobody knows. */
  refusal(endpoint: Endpoint, addresses: readonly string[]): string | undefined {
    if (this.#trusts(endpoint)) return undefined;
    for (const text of addresses) {
      const address = ipaddr.isValid(text) ? plain(ipaddr.parse(text)) : undefined;
      const what = address === undefined ? 'not an address' : refusedAs(address);
      if (what !== undefined && !this.#excepts(address, endpoint.port)) {
        return sentence(endpoint, text, what);
      }
    }
    return undefined;
  }

  #trusts(endpoint: Endpoint): boolean {
    return this.#exceptions === 'any' || this.#exceptions.some((one) => namesHost(one, endpoint));
  }

  #excepts(address: Address | undefined, port: number): boolean {
    return (
      address !== undefined &&
      this.#exceptions !== 'any' &&
      this.#exceptions.some(
        (one) =>
          one.kind === 'network' &&
          (one.port === undefined || one.port === port) &&
          contains([one.address, one.prefix, ''], address),
      )
    );
  }
}

/** What is wrong with an address; undefined: it is public. */
function refusedAs(address: Address): string | undefined {
  if (address instanceof ipaddr.IPv4) {
    return REFUSED_V4.find((range) => contains(range, address))?.[2];
  }
  const own = REFUSED_V6.find((range) => contains(range, address))?.[2];
  if (own !== undefined) return own;
  const inside = embedded(address);
  if (inside !== undefined) {
    const what = refusedAs(inside);
    return what === undefined ? undefined : `${what} (${inside}) in an IPv6 address`;
  }
  return contains(PUBLIC_V6, address) ? undefined : PUBLIC_V6[2];
}

/** The IPv4 address that packets to an IPv6 address end up at. */
function embedded(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  const offset = EMBEDDING.find(([range]) => contains(range, address))?.[1] ?? isatapOffset(bytes);
  return offset === undefined ? undefined : new ipaddr.IPv4(bytes.slice(offset, offset + 4));
}

/** RFC 5214: the interface identifier is ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d. */
function isatapOffset(bytes: readonly number[]): number | undefined {
  const [first = 0, ...rest] = bytes.slice(8, 12);
  return (first & 0xfd) === 0 && rest.join() === '0,94,254' ? 12 : undefined;
}

/** An IPv4-mapped address is that IPv4 address: the system connects to it. */
function plain(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function contains([network, prefix]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match([network, prefix]);
}

function namesHost(exception: Exception, { host, port }: Endpoint): boolean {
  if (exception.kind !== 'name' || (exception.port !== undefined && exception.port !== port)) return false;
  const name = host.replace(/\.$/, '');
  return exception.subdomains ? name.endsWith(`.${exception.name}`) : name === exception.name;
}

function sentence({ host, port }: Endpoint, address: string, what: string): string {
  const literal = host === address;
  const shown = host.includes(':') ? `[${host}]` : host;
  const subject = literal ? shown : `${shown} (${address})`;
  return `${subject} is ${what}; to send there, add "${shown}:${port}" to features.webhooks.network.allow`;
}

function ranges(table: Readonly<Record<string, string>>): readonly Range[] {
  return Object.entries(table).map(([cidr, what]) => range(cidr, what));
}

function range(cidr: string, what: string): Range {
  const [network, prefix] = ipaddr.parseCIDR(cidr);
  return [network, prefix, what];
}
