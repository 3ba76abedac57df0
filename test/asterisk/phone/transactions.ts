import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  formatMessage,
  header,
  isRequest,
  parameter,
  parseMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One request that was sent, until its final response (RFC 3261 17.1). */
export interface ClientTransaction {
  /** Rejects when no final response came in time: 32 s, for an INVITE that rings 2 minutes. */
  readonly final: Promise<SipResponse>;
  /** Sends a CANCEL for it; the INVITE then ends with 487. */
  cancel(): void;
}

/** RFC 3261 17.1.1.1: T1 is the first retransmission interval, T2 the longest, in ms. */
const T1 = 500;
const T2 = 4_000;
const GIVE_UP = 64 * T1;
const RINGING_GIVE_UP = 120_000;

interface Pending {
  readonly request: SipRequest;
  onProvisional(response: SipResponse): void;
  settle(response: SipResponse): void;
  fail(error: Error): void;
  retransmission: NodeJS.Timeout;
  deadline: NodeJS.Timeout;
}

/**
 * SIP over one UDP socket: sends requests until they are answered, answers retransmitted requests with what was
 * answered before, and passes new ones on, each once.
 */
export class Transactions {
  readonly local: Endpoint;
  readonly server: Endpoint;
  readonly #socket: Socket;
  readonly #onRequest: (request: SipRequest) => void;
  readonly #pending = new Map<string, Pending>();
  readonly #responses = new Map<string, SipResponse>();
  readonly #acks = new Map<string, SipRequest>();
  /** 2xx responses to INVITEs, sent again until their ACK comes (RFC 3261 13.3.1.4). */
  readonly #unacknowledged = new Map<string, NodeJS.Timeout>();

  private constructor(
    socket: Socket,
    local: Endpoint,
    server: Endpoint,
    onRequest: (request: SipRequest) => void,
  ) {
    this.#socket = socket;
    this.local = local;
    this.server = server;
    this.#onRequest = onRequest;
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  static async open(
    local: Endpoint,
    server: Endpoint,
    onRequest: (request: SipRequest) => void,
  ): Promise<Transactions> {
    const socket = createSocket('udp4');
    socket.bind(local.port, local.address);
    await once(socket, 'listening');
    return new Transactions(socket, { ...local, port: socket.address().port }, server, onRequest);
  }

  request(
    request: SipRequest,
    onProvisional: (response: SipResponse) => void = () => undefined,
  ): ClientTransaction {
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    const sent = this.#via(request, branch);
    const final = new Promise<SipResponse>((settle, fail) => {
      const pending: Pending = {
        request: sent,
        onProvisional,
        settle,
        fail,
        retransmission: setTimeout(() => this.#retransmit(pending, 2 * T1), T1),
        deadline: this.#giveUp(branch, request, GIVE_UP),
      };
      this.#pending.set(transactionKey(branch, request.method), pending);
    });
    this.send(sent);
    return { final, cancel: () => this.#cancel(sent, branch) };
  }

  /** Acknowledges a 2xx, and again whenever that 2xx comes again. */
  acknowledge(ack: SipRequest): void {
    const sent = this.#via(ack, `z9hG4bK${randomBytes(8).toString('hex')}`);
    this.#acks.set(dialogKey(ack), sent);
    this.send(sent);
  }

  respond(request: SipRequest, response: SipResponse): void {
    this.#responses.set(requestKey(request), response);
    this.send(response);
    if (request.method === 'INVITE' && response.status >= 200 && response.status < 300) {
      this.#repeatUntilAcknowledged(response, T1);
    }
  }

  send(message: SipMessage): void {
    this.#socket.send(formatMessage(message), this.server.port, this.server.address);
  }

  close(): void {
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.retransmission);
      clearTimeout(pending.deadline);
      pending.fail(new Error(`the phone was closed before ${pending.request.method} was answered`));
    }
    for (const timer of this.#unacknowledged.values()) {
      clearTimeout(timer);
    }
    this.#pending.clear();
    this.#socket.close();
  }

  #via(request: SipRequest, branch: string): SipRequest {
    const via = `SIP/2.0/UDP ${this.local.address}:${this.local.port};branch=${branch};rport`;
    return { ...request, headers: [['Via', via], ['Max-Forwards', '70'], ...request.headers] };
  }

  #receive(datagram: Buffer): void {
    const message = parseMessage(datagram);
    if (message === undefined) {
      return;
    }
    if (isRequest(message)) {
      this.#receiveRequest(message);
    } else {
      this.#receiveResponse(message);
    }
  }

  #receiveRequest(request: SipRequest): void {
    if (request.method === 'ACK') {
      clearTimeout(this.#unacknowledged.get(dialogKey(request)));
      return;
    }
    const before = this.#responses.get(requestKey(request));
    if (before === undefined) {
      this.#onRequest(request);
    } else {
      this.send(before);
    }
  }

  #receiveResponse(response: SipResponse): void {
    const [, method = ''] = header(response, 'CSeq').split(' ');
    const branch = parameter(header(response, 'Via'), 'branch') ?? '';
    const key = transactionKey(branch, method);
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      const ack = this.#acks.get(dialogKey(response));
      if (method === 'INVITE' && ack !== undefined) {
        this.send(ack);
      }
      return;
    }
    clearTimeout(pending.retransmission);
    if (response.status < 200) {
      clearTimeout(pending.deadline);
      pending.deadline = this.#giveUp(branch, pending.request, RINGING_GIVE_UP);
      pending.onProvisional(response);
      return;
    }
    clearTimeout(pending.deadline);
    this.#pending.delete(key);
    if (method === 'INVITE' && response.status >= 300) {
      const ack = sibling(pending.request, 'ACK', header(response, 'To'));
      this.#acks.set(dialogKey(response), ack);
      this.send(ack);
    }
    pending.settle(response);
  }

  #retransmit(pending: Pending, next: number): void {
    this.send(pending.request);
    pending.retransmission = setTimeout(() => this.#retransmit(pending, Math.min(2 * next, T2)), next);
  }

  #giveUp(branch: string, request: SipRequest, after: number): NodeJS.Timeout {
    const key = transactionKey(branch, request.method);
    return setTimeout(() => {
      const pending = this.#pending.get(key);
      clearTimeout(pending?.retransmission);
      this.#pending.delete(key);
      pending?.fail(
        new Error(
          `${this.server.address}:${this.server.port} did not answer ${request.method} ${request.uri}`,
        ),
      );
    }, after);
  }

  #cancel(invite: SipRequest, branch: string): void {
    if (this.#pending.has(transactionKey(branch, 'INVITE'))) {
      this.send(sibling(invite, 'CANCEL', header(invite, 'To')));
    }
  }

  #repeatUntilAcknowledged(response: SipResponse, after: number): void {
    const timer = setTimeout(() => {
      this.send(response);
      if (after < T2) {
        this.#repeatUntilAcknowledged(response, 2 * after);
      }
    }, after);
    this.#unacknowledged.set(dialogKey(response), timer);
  }
}

const transactionKey = (branch: string, method: string): string => `${branch} ${method}`;

function requestKey(request: SipRequest): string {
  return transactionKey(parameter(header(request, 'Via'), 'branch') ?? '', request.method);
}

/** An INVITE, its responses and its ACK share Call-ID and number. */
function dialogKey(message: SipMessage): string {
  return `${header(message, 'Call-ID')} ${header(message, 'CSeq').split(' ')[0]}`;
}

/** The CANCEL of an INVITE, or the ACK of its refusal: same branch, same number (RFC 3261 9.1, 17.1.1.3). */
function sibling(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const number = header(invite, 'CSeq').split(' ')[0];
  return {
    method,
    uri: invite.uri,
    headers: [
      ['Via', header(invite, 'Via')],
      ['Max-Forwards', '70'],
      ['From', header(invite, 'From')],
      ['To', to],
      ['Call-ID', header(invite, 'Call-ID')],
      ['CSeq', `${number} ${method}`],
    ],
    body: '',
  };
}
