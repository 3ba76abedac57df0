import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { IncomingCall, isInDialog, OutgoingCall } from './call.ts';
import { type Line, ownHeaders, requestLoggedIn } from './line.ts';
import { header, responseTo, type SipRequest } from './message.ts';
import { type Endpoint, Transactions } from './transactions.ts';

/** What a phone does with a call that comes in. */
export type Behaviour = (call: IncomingCall) => void;

/** Rings, and nobody comes. */
export const rings: Behaviour = (call) => call.ring();

/** Rings, and is picked up after `ms`. */
export function answersAfter(ms: number): Behaviour {
  return (call) => {
    call.ring();
    const timer = setTimeout(() => call.answer(), ms);
    call.ended.then(
      () => clearTimeout(timer),
      () => undefined,
    );
  };
}

/** Refuses at once, without ringing. */
export function refuses(status: number, reason: string): Behaviour {
  return (call) => call.refuse(status, reason);
}

export const busy: Behaviour = refuses(486, 'Busy Here');
export const declines: Behaviour = refuses(603, 'Decline');

/** RTP takes even ports, each with the odd one after it (RFC 3550 11). */
const FIRST_MEDIA_PORT = 40_000;

export interface PhoneOptions {
  readonly user: string;
  readonly password: string;
  /** The phone's own address; its port, default 5060. */
  readonly address: string;
  readonly port?: number;
  /** Default 127.0.0.1:5060. */
  readonly server?: Endpoint;
  /** Default `Test Phone/1.0`. */
  readonly userAgent?: string;
}

/** A SIP phone (UDP) for tests: registers, calls, and does with calls what `whenCalled` says. */
export class Phone {
  /** Default: rings for ever. */
  whenCalled: Behaviour = rings;
  readonly #line: Line;
  readonly #server: Endpoint;
  readonly #calls = new Map<string, OutgoingCall | IncomingCall>();
  readonly #events = new EventEmitter<{ call: [IncomingCall] }>();
  readonly #registration = { callId: randomUUID(), tag: randomUUID(), number: 0 };

  private constructor(line: Line, server: Endpoint) {
    this.#line = line;
    this.#server = server;
  }

  static async open(options: PhoneOptions): Promise<Phone> {
    const { user, password, address, port = 5060, userAgent = 'Test Phone/1.0' } = options;
    const server = options.server ?? { address: '127.0.0.1', port: 5060 };
    const transactions = await Transactions.open({ address, port }, server, (request) =>
      phone.#receive(request),
    );
    const contact = `<sip:${user}@${address}:${transactions.local.port}>`;
    let mediaPort = FIRST_MEDIA_PORT;
    const mediaEndpoint = (): Endpoint => {
      mediaPort += 2;
      return { address, port: mediaPort };
    };
    const phone = new Phone({ transactions, user, password, contact, userAgent, mediaEndpoint }, server);
    return phone;
  }

  get user(): string {
    return this.#line.user;
  }

  /** Registers or refreshes, for `expires` seconds; settles with the final status. */
  async register(expires = 3600): Promise<number> {
    const registrar = `sip:${this.#server.address}`;
    const account = `<sip:${this.user}@${this.#server.address}>`;
    const { status } = await requestLoggedIn(this.#line, (headers) => {
      this.#registration.number += 1;
      return {
        method: 'REGISTER',
        uri: registrar,
        headers: [
          ['From', `${account};tag=${this.#registration.tag}`],
          ['To', account],
          ['Call-ID', this.#registration.callId],
          ['CSeq', `${this.#registration.number} REGISTER`],
          ['Contact', this.#line.contact],
          ['Expires', String(expires)],
          ...headers,
        ],
        body: '',
      };
    });
    return status;
  }

  async unregister(): Promise<number> {
    return this.register(0);
  }

  call(number: string): OutgoingCall {
    const { address, port } = this.#server;
    const call = new OutgoingCall(
      this.#line,
      `<sip:${this.user}@${address}>`,
      `<sip:${number}@${address}:${port}>`,
    );
    this.#keep(call);
    return call;
  }

  /** The next call that comes in. */
  async nextCall(): Promise<IncomingCall> {
    const [call] = await once(this.#events, 'call');
    return call;
  }

  close(): void {
    this.#line.transactions.close();
  }

  #receive(request: SipRequest): void {
    const call = this.#calls.get(header(request, 'Call-ID'));
    if (call !== undefined) {
      call.receive(request);
    } else if (isInDialog(request)) {
      this.#respond(request, 481, 'Call/Transaction Does Not Exist');
    } else if (request.method === 'INVITE') {
      this.#takeCall(request);
    } else {
      this.#respond(request, 200, 'OK');
    }
  }

  #takeCall(invite: SipRequest): void {
    const call = new IncomingCall(this.#line, invite);
    this.#keep(call);
    this.whenCalled(call);
    this.#events.emit('call', call);
  }

  #keep(call: OutgoingCall | IncomingCall): void {
    this.#calls.set(call.callId, call);
    call.ended.then(
      () => this.#calls.delete(call.callId),
      () => undefined,
    );
  }

  #respond(request: SipRequest, status: number, reason: string): void {
    const response = responseTo(request, status, reason, {
      tag: randomUUID(),
      headers: ownHeaders(this.#line),
    });
    this.#line.transactions.respond(request, response);
  }
}
