import type { EventEmitter } from 'node:events';
import type { AmiConfig, WebhooksConfig } from './config/config.ts';
import type { PbxName } from './model/ids.ts';
import { type AsteriskManager, MANAGER_METHODS } from './source/ami/host/manager.ts';
import { createHostAmiSource } from './source/ami/host/source.ts';
import { createHostEventsSource } from './source/host/source.ts';
import { createHostSipSource } from './source/sip/host-source.ts';
import type { Source } from './source/source.ts';
import { withVoicemailSpool } from './source/voicemail-spool/source.ts';
import { withoutCalls } from './source/without-calls.ts';
import { systemClock } from './util/clock.ts';
import { CodedError, reasonOf } from './util/error.ts';
import type { Logger } from './util/log.ts';
import type { WatchedSource } from './watching.ts';

/** Parts of a host that tell what happens on its PBX. */
export interface HostParts {
  readonly name?: string | undefined;
  readonly ami?: AsteriskManager | undefined;
  readonly srf?: object | undefined;
  readonly events?: EventEmitter | undefined;
}

export type HostErrorCode =
  /** Nothing there that could tell what happens. */
  | 'no_source'
  /** A part of the host is not what its name says. */
  | 'host_invalid';

/** Why a host can't be watched. */
export class HostError extends CodedError<HostErrorCode> {}

/**
 * The sources that a host's own objects make. Its PBX has one name: where `sources.ami` watches a PBX of that name, or
 * at the address that the host's manager connects to, the host's manager is left alone.
 * @throws {HostError}
 */
export function hostSources(
  host: HostParts,
  config: WebhooksConfig,
  logger: Logger,
): readonly WatchedSource[] {
  const { ami, srf, events } = partsOf(host);
  refuseUnusable({ ...host, ami, srf, events }, config);
  if (config.voicemail !== undefined && config.ami.length === 0 && ami === undefined) {
    logger.warn(
      'voicemail.spool is not read: it belongs to host.ami or to one of sources.ami, and there is none',
    );
  }
  const own = config.ami.find((one) => one.name === nameOf(host) || (ami && isSamePlace(one, ami)));
  const pbx = (own?.name ?? nameOf(host)) as PbxName;
  const watched: WatchedSource[] = [];
  if (ami !== undefined && own !== undefined) {
    logger.info(`${pbx}: watched by a connection of our own (sources.ami), and not through host.ami as well`);
  } else if (ami !== undefined) {
    watched.push({ source: amiSource(ami, pbx, config, logger), pbx });
  }
  if (srf !== undefined) {
    const source = sipSource(srf, nameBeside(watched, pbx, 'srf', config), config, logger);
    // A call has another id there, so that only one of them may tell it.
    watched.push({ source: ami === undefined && own === undefined ? source : withoutCalls(source), pbx });
  }
  if (events !== undefined) {
    const name = nameBeside(watched, pbx, 'events', config);
    watched.push({ source: createHostEventsSource({ name, pbx, events, logger }), pbx });
  }
  refuseTwins([...config.ami, ...config.sip, ...watched.map(({ source }) => source)]);
  return watched;
}

/** Plain JavaScript says null where something is not there. */
function partsOf({ ami, srf, events }: HostParts): Pick<HostParts, 'ami' | 'srf' | 'events'> {
  return { ami: ami ?? undefined, srf: srf ?? undefined, events: events ?? undefined };
}

/** What is remembered of a PBX is kept under the name of its source. */
function refuseTwins(sources: readonly { readonly name: string }[]): void {
  const names = sources.map(({ name }) => name);
  const twin = names.find((name, n) => names.indexOf(name) !== n);
  if (twin === undefined) return;
  throw new HostError(
    'host_invalid',
    `Two sources would be called ${twin}: give the host's PBX another host.name, or the one in sources another name`,
  );
}

/** The name of a further source of a PBX; of the first it is the PBX's own. */
function nameBeside(
  watched: readonly WatchedSource[],
  pbx: PbxName,
  part: string,
  { ami, sip }: WebhooksConfig,
): PbxName {
  const isAlone = watched.length === 0 && [...ami, ...sip].every(({ name }) => name !== pbx);
  return (isAlone ? pbx : `${pbx}.${part}`) as PbxName;
}

function nameOf({ name = 'main' }: HostParts): string {
  return name;
}

function refuseUnusable(host: HostParts, config: WebhooksConfig): void {
  refuseUnlike('ami', 'asterisk-manager', host.ami, MANAGER_METHODS);
  refuseUnlike('events', 'EventEmitter', host.events, ['on', 'off']);
  if (typeof nameOf(host) !== 'string' || !/^[\w.-]{1,64}$/.test(nameOf(host))) {
    throw new HostError(
      'host_invalid',
      `host.name must be a name of letters, digits, ".", "_" and "-", at most 64 characters; got ${JSON.stringify(host.name)}`,
    );
  }
  const isWatched = [host.ami, host.srf, host.events].some((part) => part !== undefined);
  if (isWatched || config.ami.length > 0 || config.sip.length > 0) return;
  throw new HostError(
    'no_source',
    'Nothing would tell what happens: give host.ami (an asterisk-manager), host.srf (a drachtio-srf) or host.events ' +
      '(an EventEmitter; also where you only publish()), or configure sources.ami or sources.sip',
  );
}

/** A host may be plain JavaScript. */
function refuseUnlike<Part extends object>(
  name: string,
  kind: string,
  part: Part | undefined,
  methods: readonly (keyof Part & string)[],
): void {
  const missing = part === undefined ? [] : methods.filter((method) => typeof part[method] !== 'function');
  if (missing.length === 0) return;
  const lack = missing.map((method) => `${method}()`).join(', ');
  throw new HostError('host_invalid', `host.${name} is no ${kind}: it has no ${lack}`);
}

function isSamePlace({ host, port }: AmiConfig, { options }: AsteriskManager): boolean {
  return placeOf(host, port) === placeOf(options?.host, options?.port);
}

function placeOf(host: unknown, port: unknown): string {
  const name = String(host).toLowerCase();
  const isHere = name === '' || name === 'localhost' || name === '::1';
  return `${isHere ? '127.0.0.1' : name}:${port}`;
}

/** @throws {HostError} for what is no drachtio-srf. */
function sipSource(srf: object, name: PbxName, { calls }: WebhooksConfig, logger: Logger): Source {
  try {
    return createHostSipSource(srf, { name, calls, logger });
  } catch (error) {
    throw new HostError('host_invalid', reasonOf(error), { cause: error });
  }
}

function amiSource(
  manager: AsteriskManager,
  name: PbxName,
  { ami, voicemail }: WebhooksConfig,
  logger: Logger,
): Source {
  const spool = ami.length === 0 ? voicemail?.spool : undefined;
  const source = createHostAmiSource({ name, manager, listsMailboxes: spool === undefined, logger });
  return spool === undefined ? source : withVoicemailSpool(source, { spool, clock: systemClock, logger });
}
