import { createServer, type Socket } from 'node:net';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import type { SipMessage } from '../../src/source/sip/message.ts';
import { DESK, type Place } from './sip-phone.ts';
import { answerTo, dialogOf, isOwnHeader, messageOf, sip } from './sip-text.ts';

/** A frame that the application sent, without the random id that it gave it. */
export type AppFrame = string;

/** A request that the application sent. */
export interface SentRequest {
  readonly transactionId: string;
  readonly raw: string;
  readonly message: SipMessage;
}

/** A call that the application had proxied. */
export interface ProxiedRequest {
  readonly frameId: string;
  readonly destinations: readonly string[];
}

/**
 * A drachtio-server on loopback as an application sees it: what phones send is said by the test, what the application
 * sends is answered as a real server does, with ids that count up.
 */
export class DrachtioServer {
  readonly frames: AppFrame[] = [];
  readonly requests: SentRequest[] = [];
  readonly proxied: ProxiedRequest[] = [];
  /** Final and provisional responses of the application. */
  readonly responses: SipMessage[] = [];
  readonly sockets = new Set<Socket>();
  /** Since the start. */
  connections = 0;
  /** Nothing that an application sends is answered. */
  isSilent = false;
  /** Set, it is called with each final answer to an INVITE instead of its being sent. */
  onUnsendable: (() => void) | undefined;
  /** How devices answer what is sent to them within a dialog. */
  answerInDialog = '200 OK';
  secret = 'cymru';
  port = 0;
  readonly #server = createServer((socket) => this.#onClient(socket));
  readonly #inbound = new Map<string, SipMessage>();
  readonly #watchers = new Set<() => void>();
  #count = 0;

  static async start(port = 0): Promise<DrachtioServer> {
    const server = new DrachtioServer();
    server.port = await listenOnLoopback(server.#server, port);
    return server;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Ends the connections of all applications. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves once `find` gives something. */
  until<Found>(find: () => Found | undefined | false): Promise<Found> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = find();
        if (found === undefined || found === false) return;
        this.#watchers.delete(check);
        resolve(found);
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** A phone's or a trunk's message reaches the application; resolves with its final response, where it gives one. */
  async receive(raw: string, from: Place = DESK, dialogId = ''): Promise<SipMessage | undefined> {
    const transactionId = this.#network(raw, from, dialogId, undefined);
    const method = raw.split(' ', 1)[0];
    if (method === 'ACK' || method === 'CANCEL') return undefined;
    return this.until(() =>
      this.#answers.get(transactionId)?.find((one) => one.kind === 'response' && one.status >= 200),
    );
  }

  /** Resolves once the application has done with all that it was sent. */
  async settled(): Promise<void> {
    await this.receive(
      sip('OPTIONS sip:127.0.0.1 SIP/2.0', [
        'From: <sip:probe@192.0.2.1>;tag=probe',
        'To: <sip:127.0.0.1>',
        `Call-ID: ${this.#id('probe')}`,
        'CSeq: 1 OPTIONS',
      ]),
    );
  }

  /** Sends a recorded frame as it is; resolves with the application's answer, if there will be one. */
  async play(frame: string): Promise<SipMessage | undefined> {
    const [head = '', ...rest] = frame.split('\r\n');
    const fields = head.split('|');
    const message = messageOf(rest.join('\r\n'));
    const transactionId = fields[8] ?? '';
    if (fields[1] === 'sip') this.#inbound.set(transactionId, message);
    this.#write(frame);
    if (fields[1] !== 'sip' || message.method === 'ACK') return undefined;
    return this.until(() => this.#answers.get(transactionId)?.[0]);
  }

  /** Like `receive`, without waiting for an answer. */
  send(raw: string, from: Place = DESK, dialogId = ''): void {
    this.#network(raw, from, dialogId, undefined);
  }

  /** A device answers a request that the application sent. */
  respond(
    request: SentRequest,
    status: string,
    headers: readonly string[] = [],
    body = '',
    tag = 'callee',
  ): void {
    const raw = answerTo(request.message, `SIP/2.0 ${status}`, tag, headers, body);
    this.#network(raw, DESK, dialogOf(request.message), request.transactionId);
  }

  /** A destination answers a call that is proxied. */
  proxyRespond(
    proxied: ProxiedRequest,
    invite: string,
    status: string,
    tag: string,
    address = '192.0.2.20',
    contact = '<sip:x@192.0.2.20>',
  ): void {
    const request = messageOf(invite);
    const raw = answerTo(request, `SIP/2.0 ${status}`, tag, [`Contact: ${contact}`], '');
    const fields = [
      'OK',
      'network',
      raw.length,
      'udp',
      address,
      5060,
      '15:14:48.1',
      'txn',
      dialogOf(request),
      'continue',
    ];
    this.#write(`${this.#id('frame')}|response|${proxied.frameId}|${fields.join('|')}\r\n${raw}`);
  }

  proxyDone(proxied: ProxiedRequest): void {
    this.#write(`${this.#id('frame')}|response|${proxied.frameId}|OK|done`);
  }

  record(
    what: 'attempt' | 'start' | 'stop',
    source: 'network' | 'application',
    detail: string,
    raw: string,
  ): void {
    const tail = detail === '' ? '' : `|${detail}`;
    this.#write(`${this.#id('frame')}|cdr:${what}|${source}|15:14:48.1${tail}\r\n${raw}`);
  }

  readonly #answers = new Map<string, SipMessage[]>();

  #network(raw: string, from: Place, dialogId: string, transaction: string | undefined): string {
    const transactionId = transaction ?? this.#id('txn');
    if (transaction === undefined) this.#inbound.set(transactionId, messageOf(raw));
    const { transport, address, port } = from;
    const fields = ['sip', 'network', Buffer.byteLength(raw), transport, address, port, '15:14:48.1'];
    this.#write(
      `${this.#id('frame')}|${[...fields, transactionId, dialogId, '127.0.0.1', 5060, ''].join('|')}\r\n${raw}`,
    );
    return transactionId;
  }

  #onClient(socket: Socket): void {
    this.sockets.add(socket);
    this.connections += 1;
    socket.setNoDelay(true);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.#tellWatchers();
    });
    socket.on('error', () => socket.destroy());
    let buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (let hash = buffer.indexOf('#'); hash > 0; hash = buffer.indexOf('#')) {
        const end = hash + 1 + Number(buffer.toString('utf8', 0, hash));
        if (buffer.length < end) return;
        const frame = buffer.toString('utf8', hash + 1, end);
        buffer = buffer.subarray(end);
        this.#onFrame(frame);
      }
    });
    this.#tellWatchers();
  }

  #onFrame(frame: string): void {
    const bar = frame.indexOf('|');
    const [id, rest] = [frame.slice(0, bar), frame.slice(bar + 1)];
    this.frames.push(rest);
    const end = rest.indexOf('\r\n');
    const fields = (end === -1 ? rest : rest.slice(0, end)).split('|');
    const raw = end === -1 ? '' : rest.slice(end + 2);
    if (fields[0] === 'authenticate') this.#authenticate(id, fields[1]);
    else if (fields[0] === 'ping') this.#answer(id, 'OK|pong');
    else if (fields[0] === 'proxy') this.proxied.push({ frameId: id, destinations: fields.slice(8) });
    else if (fields[0] === 'sip') this.#onSip(id, fields, raw);
    else this.#answer(id, 'OK');
    this.#tellWatchers();
  }

  #authenticate(id: string, secret: string | undefined): void {
    const hostport = 'udp/127.0.0.1:5060';
    this.#answer(
      id,
      secret === this.secret ? `OK|${hostport}|v0.9.5-rc3|${hostport}` : 'NOK|incorrect secret',
    );
  }

  #onSip(id: string, [, transactionId = '', dialogId = '']: readonly string[], raw: string): void {
    const request = this.#inbound.get(transactionId);
    const message = messageOf(raw);
    if (message.kind === 'response' && request !== undefined) {
      const status = raw.slice(0, raw.indexOf('\r\n'));
      const isFinal = message.status >= 200 && request.kind === 'request' && request.method === 'INVITE';
      if (this.onUnsendable !== undefined && isFinal) {
        this.onUnsendable();
        this.#answer(id, 'NOK|transaction not found');
        return;
      }
      const own = raw.split('\r\n\r\n')[0]?.split('\r\n').slice(1).filter(isOwnHeader) ?? [];
      const contact = raw.match(/^contact:/im) ? [] : ['Contact: <sip:127.0.0.1:5060>'];
      const sent = answerTo(request, status, 'server', [...contact, ...own], message.body);
      this.#echo(id, sent, transactionId, dialogOf(request));
      this.responses.push(messageOf(sent));
      this.#answers.set(transactionId, [...(this.#answers.get(transactionId) ?? []), messageOf(sent)]);
    } else if (dialogId !== '') this.#onRequestInDialog(id, dialogId, raw);
    else if (message.method === 'CANCEL') this.#echo(id, raw, transactionId, '');
    else this.#onNewRequest(id, raw);
  }

  #onNewRequest(id: string, raw: string): void {
    const transactionId = this.#id('txn');
    const callId = /^call-id:\s*(\S+)/im.exec(raw)?.[1] ?? this.#id('uac');
    const [head = '', ...lines] = raw.split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    const from = lines.find((line) => /^from:/i.test(line)) ?? 'From: <sip:127.0.0.1>';
    const to = lines.find((line) => /^to:/i.test(line)) ?? `To: <${head.split(' ')[1]}>`;
    const own = lines.filter((line) => !/^(from|to|call-id|cseq|content-length):/i.test(line));
    const tagged = /;tag=/.test(from) ? from : `${from};tag=${this.#id('tag')}`;
    const cseq = lines.find((line) => /^cseq:/i.test(line)) ?? `CSeq: 1 ${head.split(' ')[0]}`;
    const full = sip(
      head,
      [tagged, to, `Call-ID: ${callId}`, cseq, ...own],
      raw.slice(raw.indexOf('\r\n\r\n') + 4),
    );
    this.#echo(id, full, transactionId, dialogOf(messageOf(full)));
    this.requests.push({ transactionId, raw: full, message: messageOf(full) });
  }

  #onRequestInDialog(id: string, dialogId: string, raw: string): void {
    const transactionId = this.#id('txn');
    const [callId = '', tag = ''] = dialogId.split(';from-tag=');
    const [head = ''] = raw.split('\r\n', 1);
    const method = head.split(' ')[0] ?? '';
    const full = sip(head, [
      `From: <sip:127.0.0.1>;tag=${tag}`,
      'To: <sip:127.0.0.1>;tag=other',
      `Call-ID: ${callId}`,
      `CSeq: 2 ${method}`,
    ]);
    this.#echo(id, full, transactionId, dialogId);
    if (method === 'ACK') return;
    const answer = answerTo(messageOf(full), `SIP/2.0 ${this.answerInDialog}`, 'other', [], '');
    this.#network(answer, DESK, dialogId, transactionId);
  }

  #echo(id: string, raw: string, transactionId: string, dialogId: string): void {
    const fields = ['OK', 'application', Buffer.byteLength(raw), 'udp', '192.0.2.10', 5062, '15:14:48.1'];
    this.#answer(id, `${[...fields, transactionId, dialogId, '', 'Msg sent:', ''].join('|')}\r\n${raw}`);
  }

  #answer(id: string, answer: string): void {
    if (this.isSilent) return;
    this.#write(`${this.#id('frame')}|response|${id}|${answer}`);
  }

  #write(frame: string): void {
    for (const socket of this.sockets) socket.write(`${Buffer.byteLength(frame)}#${frame}`);
  }

  #id(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }

  #tellWatchers(): void {
    for (const check of this.#watchers) check();
  }
}
