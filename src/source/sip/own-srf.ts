import Srf from 'drachtio-srf';
import { type HostSrf, hostSrfOf } from './host-srf.ts';

/** A request or response, as drachtio-srf hands it out. */
export interface SrfMessage {
  readonly body?: string | undefined;
  readonly status?: number | undefined;
  get(header: string): string | undefined;
}

export interface SrfAnswer {
  send(status: number): void;
}

/** A subscription's dialog. */
export interface SrfDialog {
  readonly res: SrfMessage;
  on(event: 'notify', listener: (request: SrfMessage, answer: SrfAnswer) => void): unknown;
  on(event: 'destroy', listener: () => void): unknown;
  request(options: {
    readonly method: 'SUBSCRIBE';
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<SrfMessage>;
}

export interface SubscribeOptions {
  readonly method: 'SUBSCRIBE';
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy?: string | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

/** A drachtio-srf of our own; its types know neither of SUBSCRIBE nor of a server that is given to it. */
export interface OwnSrf extends HostSrf {
  listen(options: { readonly server: object; readonly secret: string }): unknown;
  use(layer: (request: SrfMessage & { readonly method: string }, answer: SrfAnswer) => void): unknown;
  createUAC(
    uri: string,
    options: SubscribeOptions,
    progress: { cbRequest(error: unknown, request?: SrfMessage): void },
  ): Promise<SrfDialog>;
}

export function createOwnSrf(): OwnSrf {
  const srf: HostSrf = hostSrfOf(new Srf());
  if (isOwnSrf(srf)) return srf;
  throw new TypeError('drachtio-srf has no listen, use and createUAC');
}

function isOwnSrf(srf: HostSrf): srf is OwnSrf {
  return ['listen', 'use', 'createUAC'].every((name) => typeof Reflect.get(srf, name) === 'function');
}
