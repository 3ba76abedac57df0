import type { EventEmitter } from 'node:events';
import { CodedError } from '../../util/error.ts';

/** Where a drachtio-srf keeps its connection; the part of it that is watched. */
export interface Wire {
  /** Own property only while someone stands in for it. */
  send(socket: unknown, frame: string): string;
  on(event: 'msg', listener: (socket: unknown, frame: string) => void): unknown;
  prependListener(event: 'msg', listener: (socket: unknown, frame: string) => void): unknown;
  removeListener(event: 'msg', listener: (socket: unknown, frame: string) => void): unknown;
}

export interface SrfClient {
  readonly wp?: Wire;
  /** The server connects to the application, as often as it likes. */
  readonly isListening?: boolean;
  readonly mapServer?: ReadonlyMap<unknown, { readonly authenticated: boolean }>;
}

/** A connected drachtio-srf; the part of it that is needed. */
export interface HostSrf {
  /** `client` is there once `connect` or `listen` was called. */
  readonly app: { readonly client?: SrfClient };
  on: EventEmitter['on'];
  removeListener: EventEmitter['removeListener'];
}

export class HostSrfError extends CodedError<'srf_unknown'> {}

/** Throws for what is no drachtio-srf. */
export function hostSrfOf(srf: object): HostSrf {
  if (isHostSrf(srf)) return srf;
  throw new HostSrfError('srf_unknown', 'host.srf must be an Srf of drachtio-srf 4.4 or later');
}

function isHostSrf(srf: object): srf is HostSrf {
  if (!('app' in srf && 'on' in srf && 'removeListener' in srf)) return false;
  const { app } = srf;
  return (
    (typeof app === 'object' || typeof app === 'function') && app !== null && typeof srf.on === 'function'
  );
}
