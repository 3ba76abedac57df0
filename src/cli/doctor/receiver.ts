import { isIP } from 'node:net';
import { AddressGuard, type AllowList, type Endpoint, endpointOf } from '../../delivery/address-guard.ts';
import { NameResolver } from '../../delivery/name-resolver.ts';
import type { TlsOption } from '../../model/subscription-options.ts';
import { reasonOf } from '../../util/error.ts';
import { isLoopback } from '../../util/loopback.ts';
import { readTlsFiles, type TlsMaterial } from '../../util/tls-files.ts';
import { examineCertificate } from './certificate.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { answeredIn, knock, shownPlace } from './knock.ts';

export interface ReceiverPlace {
  readonly url: string;
  /** File paths. */
  readonly tls: TlsOption | undefined;
  /** `any` for what the config file names. */
  readonly allow: AllowList;
}

/** Sees that a receiver can be reached: no request is made, so that it gets no event. Never rejects. */
export async function examineReceiver(place: ReceiverPlace, timeoutMs: number): Promise<readonly Finding[]> {
  const url = new URL(place.url);
  const endpoint = endpointOf(url);
  const addresses = await addressesOf(endpoint, place.allow, timeoutMs);
  if (!Array.isArray(addresses)) return [addresses];
  const material = materialOf(place.tls);
  if (!material.ok) return [material.finding];
  const connected = await connects(endpoint, addresses, timeoutMs);
  if (connected.finding.verdict !== 'ok') return [connected.finding];
  if (url.protocol === 'http:') return [connected.finding, ...unencrypted(endpoint)];
  const { host: name, port } = endpoint;
  const tls = await examineCertificate(
    { host: connected.address, port, name, tls: material.tls, whose: 'receiver' },
    timeoutMs,
  );
  return [connected.finding, ...tls];
}

/** Those that may be connected to, found as the senders find them. */
async function addressesOf(
  endpoint: Endpoint,
  allow: AllowList,
  timeoutMs: number,
): Promise<string[] | Finding> {
  const guard = new AddressGuard(allow);
  const refusal = guard.refusalOfHost(endpoint);
  if (refusal !== undefined) return refused(refusal);
  if (isIP(endpoint.host) !== 0) return [endpoint.host];
  const names = new NameResolver({ elapsedMs: () => performance.now() });
  try {
    const choice = guard.choose(endpoint, await answeredIn(timeoutMs, names.resolve(endpoint.host)));
    return choice.ok ? [...choice.addresses] : refused(choice.message);
  } catch (error) {
    names.stop();
    return failed(
      'host_unknown',
      `no address is known for ${endpoint.host} (${reasonOf(error)})`,
      'see the spelling of the URL, and DNS on this machine',
    );
  }
}

function refused(message: string): Finding {
  const [saw = message, fix = 'see features.webhooks.network.allow'] = message.split('; ');
  return failed('address_refused', `nothing is sent there: ${saw}`, fix);
}

type Material =
  | { readonly ok: true; readonly tls: TlsMaterial | undefined }
  | { readonly ok: false; readonly finding: Finding };

function materialOf(tls: TlsOption | undefined): Material {
  if (tls === undefined) return { ok: true, tls: undefined };
  const read = readTlsFiles(tls, process.cwd());
  if (read.ok) return { ok: true, tls: read.tls };
  const problems = read.problems.map(({ key, got }) => `${key === undefined ? '' : `tls.${key}: `}${got}`);
  const saw = `the TLS files can’t be used: ${problems.join('; ')}`;
  return { ok: false, finding: failed('tls_files_unusable', saw, 'name PEM files that this user can read') };
}

interface Connected {
  readonly finding: Finding;
  readonly address: string;
}

/** The first address that takes a connection, or why the last one does not. */
async function connects(
  { host, port }: Endpoint,
  addresses: readonly string[],
  timeoutMs: number,
): Promise<Connected> {
  let finding: Finding = failed('host_unknown', `${host} has no address`, 'see DNS');
  for (const address of addresses) {
    const answer = await knock({ host: address, port }, timeoutMs);
    const shown =
      isIP(host) === 0 ? `${shownPlace({ host, port })} (${address})` : shownPlace({ host, port });
    switch (answer.kind) {
      case 'silent':
      case 'spoke':
        return { address, finding: ok('connection', `${shown} takes connections`) };
      case 'refused':
        finding = failed(
          'port_closed',
          `nobody listens at ${shown}`,
          'see that the receiver runs, and the port of the URL',
        );
        break;
      case 'closed':
        finding = failed(
          'connection_cut',
          `${shown} ends the connection at once`,
          'see a firewall or proxy before the receiver',
        );
        break;
      case 'timeout':
        finding = failed(
          'host_unreachable',
          `${shown} does not answer within ${timeoutMs / 1000} s`,
          `see that it is up, and that no firewall drops the packets${proxyHint()}`,
        );
        break;
      case 'unresolved':
      case 'unreachable':
        finding = failed(
          'host_unreachable',
          `${shown} can’t be reached: ${answer.reason}`,
          `see the network in between${proxyHint()}`,
        );
        break;
      default:
        answer satisfies never;
    }
  }
  return { address: addresses[0] ?? host, finding };
}

/** Whoever needs a proxy to get out wonders why curl works. */
function proxyHint(): string {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
  const set = names.find((name) => process.env[name]);
  return set === undefined ? '' : `; ${set} is set here, but webhooks go to their receiver directly`;
}

function unencrypted({ host }: Endpoint): Finding[] {
  if (isLoopback(host)) return [];
  return [warning('unencrypted', 'events go in clear (http)', 'have the receiver serve https')];
}

/** What signs the events of a subscription. Standard Webhooks asks for 24 to 64 bytes. */
export function judgeSecret(secret: string | undefined): Finding {
  if (secret === undefined) {
    const saw = 'events go unsigned: the receiver can’t tell them from forged ones';
    return warning('secret_missing', saw, 'set a secret, and verify it at the receiver (docs/receivers.md)');
  }
  const bytes = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice(6), 'base64').length
    : Buffer.byteLength(secret);
  return bytes < LEAST_SECRET_BYTES
    ? warning(
        'secret_weak',
        `the secret has ${bytes} bytes`,
        `take ${LEAST_SECRET_BYTES} or more: openssl rand -base64 32`,
      )
    : ok('secret', 'events are signed');
}

const LEAST_SECRET_BYTES = 16;
