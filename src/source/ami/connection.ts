import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';

/**
 * One packet of the Asterisk manager interface: header names in lower case, of a repeated header the first
 * value, on an object without prototype, so that a header named `constructor` is nothing special.
 */
export type AmiPacket = Readonly<Record<string, string | undefined>>;

/** Fields of an action. A CR, LF or NUL in a key or value is refused: it would be a second action. */
export type AmiAction = Readonly<{ Action: string } & Record<string, string>>;

export type AmiFailureCode =
  /** No TCP or TLS connection. */
  | 'unreachable'
  /** What answered is no Asterisk manager interface. */
  | 'not_asterisk'
  /** Username, secret, or the address lists of the account. */
  | 'login_refused'
  /** A deadline ran out: of connecting, of the login, of one action. */
  | 'timeout'
  /** The PBX answered an action with `Response: Error`. */
  | 'refused'
  /** The action can't be sent: it would be two, or Asterisk would not read it. */
  | 'invalid_action'
  /** The PBX sent a packet without an end. */
  | 'oversized'
  /** The PBX said nothing any more, nor answered a Ping. */
  | 'silent'
  /** The connection ended. */
  | 'closed';

/** `message` is a sentence for whoever runs the PBX; it never holds a secret. */
export interface AmiFailure {
  readonly code: AmiFailureCode;
  readonly message: string;
}

export type AmiResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: AmiFailure };

/** PEM texts. Without `ca` the system's certificate authorities are trusted; the certificate is always verified. */
export interface AmiTlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name that the certificate must bear; default: the host. */
  readonly serverName?: string | undefined;
}

/** Milliseconds. */
export interface AmiDeadlines {
  /** From the first SYN to the banner. Default 10,000. */
  readonly connect: number;
  /** For the answer to the login. Default 10,000. */
  readonly login: number;
  /** For the answer to an action, and between the items of a list. Default 10,000. */
  readonly action: number;
  /** Of silence, until a Ping is sent; as long again without a byte, and the connection is given up. Default 15,000. */
  readonly silence: number;
}

export const DEFAULT_DEADLINES: AmiDeadlines = {
  connect: 10_000,
  login: 10_000,
  action: 10_000,
  silence: 15_000,
};

export interface AmiConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  readonly tls: boolean | AmiTlsOptions;
  /** Event classes, as in the `Events` header of the login: `system,call,agent`. */
  readonly events: string;
  readonly deadlines: AmiDeadlines;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives an opening up. */
  readonly signal: AbortSignal;
  /** Each genuine event, from the login on, in the PBX's order. Must not wait. */
  onPacket(packet: AmiPacket): void;
  /** Once, when an open connection ended by itself; not after `close()`. */
  onClose(failure: AmiFailure): void;
}

/** One logged-in connection to a PBX; it is never opened again. */
export interface AmiConnection {
  /** Sends one action and settles with its response. */
  action(action: AmiAction): Promise<AmiResult<AmiPacket>>;
  /** Sends an action that answers with a list; settles with the items once the PBX says that the list is complete. */
  list(action: AmiAction): Promise<AmiResult<readonly AmiPacket[]>>;
  /** Packets that were no genuine event and no answer of ours: the remains of one that was torn by a CR LF. */
  readonly rejected: number;
  /** Ends the connection; settles when its socket is closed. */
  close(): Promise<void>;
}

/** Connects, checks the banner and logs in. Never rejects. */
export type OpenAmiConnection = (options: AmiConnectionOptions) => Promise<AmiResult<AmiConnection>>;

export function failed(code: AmiFailureCode, message: string): { ok: false; failure: AmiFailure } {
  return { ok: false, failure: { code, message } };
}
