import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { type SecureContext, connect as tlsConnect } from 'node:tls';
import type { Endpoint } from '../../address-guard.ts';
import { type AttemptFailure, failureOf } from '../failure.ts';
import type { Utf8 } from '../utf8.ts';
import { type ResponseListener, ResponseReader } from './response-reader.ts';

/** A connection that carries nothing is seen to be gone after so many milliseconds and the system's probes. */
const PROBE_AFTER_MS = 60_000;

/** Up to so many bytes head and body are made into one piece, which costs less than handing over two. */
const LONG_BODY = 16 * 1024;

const CLOSED: AttemptFailure = {
  code: 'network',
  message: 'Connection closed before the response was complete',
};

/** One for all connections of a thread: what a read puts there has been taken in before the next read. */
const received = Buffer.allocUnsafeSlow(64 * 1024);

/** How a connection is made. */
export interface Route {
  readonly endpoint: Endpoint;
  /** Asked for every name; never for a host that is an address. */
  readonly lookup: LookupFunction;
  readonly tls?: TlsRoute | undefined;
}

export interface TlsRoute {
  readonly context: SecureContext;
  /** The name that the receiver's certificate must bear. Default: the host. */
  readonly serverName?: string | undefined;
  /** Of the latest connection, so that the next shakes hands in one round trip less. */
  session: Buffer | undefined;
}

export interface OutgoingRequest {
  /** Up to the empty line, and with it; one character for each byte. */
  readonly head: string;
  readonly body: Utf8;
}

/** One request and what comes of it: either an end or a failure, once. */
export interface Exchange extends ResponseListener {
  /** It is on its way: there is a connection. */
  onSent(): void;
  onEnd(): void;
  onFail(failure: AttemptFailure): void;
}

/** A connection of HTTP/1.1 to a receiver (RFC 9112): one request at a time, the next once the last was answered. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #isOpen = false;
  #unsent: OutgoingRequest | undefined;
  #exchange: Exchange | undefined;
  #keptMs = 0;
  #isResting = false;

  /** `onClose`: whoever closed it, once; not while it is being made. */
  constructor(route: Route, onClose: () => void) {
    const onread = {
      buffer: received,
      callback: (length: number) => {
        this.#receive(length);
        return true;
      },
    };
    this.#socket = open(route, onread, () => this.#opened())
      .setNoDelay(true)
      .setKeepAlive(true, PROBE_AFTER_MS)
      .on('end', () => this.#ended())
      .on('error', (error) => this.#fail(failureOf(error)))
      .on('close', () => {
        this.#fail(CLOSED);
        onClose();
      });
  }

  /** For so long after its last response it may be used again, in milliseconds; 0: not at all. */
  get keptMs(): number {
    return this.#socket.destroyed ? 0 : this.#keptMs;
  }

  /** Answered before all of it was read, a request leaves no place for the next. With TLS it is known a turn later. */
  get isSending(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** As soon as there is a connection; never while another request is under way. */
  post(request: OutgoingRequest, exchange: Exchange): void {
    if (this.#isResting) this.#socket.ref();
    this.#isResting = false;
    this.#exchange = exchange;
    this.#keptMs = 0;
    this.#reader.begin(exchange);
    if (this.#isOpen) this.#send(request);
    else this.#unsent = request;
  }

  /** Until the next request it does not keep the process alive. */
  rest(): void {
    this.#isResting = true;
    this.#socket.unref();
  }

  /** Closes it at once; a request under way hears nothing more. */
  destroy(): void {
    this.#exchange = undefined;
    this.#socket.destroy();
  }

  /** Closes it at once; a request under way has failed. */
  abort(failure: AttemptFailure): void {
    this.#fail(failure);
    this.#socket.destroy();
  }

  #opened(): void {
    this.#isOpen = true;
    const request = this.#unsent;
    this.#unsent = undefined;
    if (request !== undefined) this.#send(request);
  }

  #send({ head, body }: OutgoingRequest): void {
    this.#exchange?.onSent();
    const socket = this.#socket;
    if (typeof body === 'string') {
      socket.write(head + body, 'latin1');
      return;
    }
    if (body.length > LONG_BODY) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
      return;
    }
    const request = Buffer.allocUnsafe(head.length + body.length);
    request.write(head, 0, 'latin1');
    body.copy(request, head.length);
    socket.write(request);
  }

  #receive(length: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // What nobody asked for must not become the answer to the next request.
      this.destroy();
      return;
    }
    try {
      if (!this.#reader.read(received.subarray(0, length))) return;
    } catch (error) {
      this.#fail(failureOf(error));
      return;
    }
    this.#end(exchange, this.#reader.keptMs);
  }

  #ended(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#reader.endsWithConnection) this.#end(exchange, 0);
    this.#fail(CLOSED);
    this.destroy();
  }

  #end(exchange: Exchange, keptMs: number): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.#keptMs = keptMs;
    exchange.onEnd();
  }

  #fail(failure: AttemptFailure): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onFail(failure);
  }
}

interface OnRead {
  readonly buffer: Uint8Array;
  callback(length: number): boolean;
}

function open({ endpoint, lookup, tls }: Route, onread: OnRead, onOpen: () => void): Socket {
  const { host, port } = endpoint;
  const options = { host, port, lookup, onread };
  if (tls === undefined) return connect(options, onOpen);
  // No name is sent for an address (RFC 6066, 3); the certificate is held against the host then.
  const servername = tls.serverName ?? (isIP(host) === 0 ? host.replace(/\.$/, '') : undefined);
  const secured = {
    ...options,
    secureContext: tls.context,
    ALPNProtocols: ['http/1.1'],
    ...(servername === undefined ? {} : { servername }),
    ...(tls.session === undefined ? {} : { session: tls.session }),
  };
  return tlsConnect(secured, onOpen).on('session', (session: Buffer) => {
    tls.session = session;
  });
}
