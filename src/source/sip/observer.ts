import type { ChannelId, Fact } from '../../telephony/facts.ts';
import type { Clock, Micros } from '../../util/clock.ts';
import { SipCalls } from './calls.ts';
import { type IncomingFrame, parseIncoming, parseOutgoing } from './frame.ts';
import { headerOf, parseSipMessage, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import { Parties, type PartyOptions } from './party.ts';
import { RecentMap } from './recent-map.ts';
import { callerFacts, type Origin, registrationFacts } from './registrar.ts';

export interface ObserverOptions extends PartyOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  onFact(fact: Fact): void;
  /**
   * Whether call detail records tell of calls: on a connection that sees no requests. Otherwise they only tell the ends
   * of proxied calls, which nothing else does.
   */
  readonly fromRecords: boolean;
}

/** Exchanges that are under way; whoever lets more hang about loses the oldest. */
const MAX_PENDING = 20_000;

/** Requests in whose place the end of a call is recorded that its caller took back; its 487 is in none. */
const TAKEN_BACK: ReadonlySet<string> = new Set(['INVITE', 'CANCEL']);

/** A request from the network that the application has not yet answered. */
interface Inbound {
  readonly request: SipRequest;
  readonly origin: Origin;
}

/** A frame that the server will answer, and the dialog because of which it was sent. */
interface Sent {
  readonly because: string | undefined;
  /** The request that it handed to the server to be proxied. */
  readonly proxied?: Inbound | undefined;
  /** The INVITE of a new call that it answers for good. */
  readonly answered?: SipRequest | undefined;
}

/** Reads what an application and its drachtio-server say to each other, and tells what it means. */
export class SipObserver {
  /** Messages from the network, and records. */
  received = 0;
  readonly #options: ObserverOptions;
  readonly #parties: Parties;
  readonly #calls: SipCalls;
  /** By the server's ids of transactions. */
  readonly #inbound = new RecentMap<string, Inbound>(MAX_PENDING);
  readonly #outbound = new RecentMap<string, { readonly request: SipRequest } & Sent>(MAX_PENDING);
  /** By the ids of frames. */
  readonly #sent = new RecentMap<string, Sent>(MAX_PENDING);

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#parties = new Parties(options);
    const { clock } = options;
    this.#calls = new SipCalls(
      this.#parties,
      (fact) => options.onFact(fact),
      (delayMs, fn) => clock.after(delayMs, fn),
    );
  }

  /** Gives the dialog that the frame is about, for what the application does because of it. */
  incoming(text: string): string | undefined {
    const frame = parseIncoming(text);
    switch (frame?.kind) {
      case 'sip':
        this.received += 1;
        return this.#fromServer(frame);
      case 'answer':
        return this.#onAnswer(frame);
      case 'cdr':
        this.received += 1;
        this.#onRecord(frame);
        return undefined;
      default:
        return undefined;
    }
  }

  outgoing(id: string, text: string, because: string | undefined): void {
    const frame = parseOutgoing(text);
    if (frame === undefined) return;
    const { transactionId = '' } = frame;
    const inbound = this.#inbound.get(transactionId);
    const callId = inbound?.request.callId;
    if (frame.kind === 'proxy') {
      if (inbound === undefined) return;
      this.#inbound.delete(transactionId);
      this.#sent.set(id, { because: callId, proxied: inbound });
      if (isNewCall(inbound.request)) this.#calls.proxied(inbound.request, frame, this.#options.clock.now());
      return;
    }
    const message = parseSipMessage(frame.raw);
    const isFinal = message?.kind === 'response' && message.status >= 200;
    const answered =
      isFinal && inbound !== undefined && isNewCall(inbound.request) ? inbound.request : undefined;
    this.#sent.set(id, { because: because ?? callId, answered });
    if (message?.kind === 'response' && inbound !== undefined) {
      if (isFinal) this.#inbound.delete(transactionId);
      this.#onResponse(inbound, message);
    } else if (message?.kind === 'request') {
      this.#onRequestSent(message, transactionId, frame.dialogId);
    }
  }

  /** Legs that nothing was heard of since `time` are given up; those that are left. */
  forgetSilentSince(time: Micros): ReadonlySet<ChannelId> {
    this.#calls.forgetSilentSince(time);
    return new Set([...this.#calls.facts.legs.all()].map(({ id }) => id));
  }

  /** Nothing is told any more without a frame. */
  stop(): void {
    this.#calls.facts.chances.stop();
  }

  #fromServer(frame: Extract<IncomingFrame, { kind: 'sip' }>): string | undefined {
    const { transactionId, address, port } = frame;
    const message = parseSipMessage(frame.raw);
    if (message === undefined || message.callId === '') return undefined;
    const at = this.#options.clock.now();
    if (message.kind === 'response') {
      const outbound = this.#outbound.get(transactionId);
      if (outbound === undefined) return undefined;
      if (message.status >= 200) this.#outbound.delete(transactionId);
      if (isNewCall(outbound.request)) this.#calls.dialAnswered(outbound.request, message, at);
      else this.#calls.seen(message.callId, at);
      return outbound.because ?? message.callId;
    }
    this.#calls.seen(message.callId, at);
    if (frame.source === 'application') this.#onReleased(message, at);
    else this.#onRequest(message, transactionId, { address, port }, at);
    return message.callId;
  }

  #onRequest(request: SipRequest, transactionId: string, origin: Origin, at: Micros): void {
    switch (request.method) {
      case 'ACK':
        break;
      case 'CANCEL':
        this.#calls.cancelled(request, at);
        break;
      case 'BYE':
        this.#calls.hungUp(request, at);
        break;
      default:
        this.#inbound.set(transactionId, { request, origin });
        if (isNewCall(request)) this.#calls.invited(request, origin, at);
    }
  }

  /** The application answers a request. */
  #onResponse({ request, origin }: Inbound, response: SipResponse): void {
    const at = this.#options.clock.now();
    const isAccepted = response.status >= 200 && response.status < 300;
    if (request.method === 'REGISTER') this.#onRegistered(request, response, origin, at);
    else if (isNewCall(request)) {
      for (const fact of callerFacts({ request, response, origin, at })) this.#options.onFact(fact);
      this.#calls.responded(request, response, at);
    } else if (!isAccepted) return;
    else if (request.method === 'INVITE' || request.method === 'UPDATE') this.#calls.offered(request, at);
    else if (request.method === 'REFER') this.#calls.referred(request, response.status);
  }

  #onRegistered(request: SipRequest, response: SipResponse, origin: Origin, at: Micros): void {
    const written = (uri: string): string | undefined => this.#parties.written(uri);
    for (const fact of registrationFacts({ request, response, origin, at, written })) {
      this.#parties.learn(fact);
      this.#options.onFact(fact);
    }
  }

  #onRequestSent(request: SipRequest, transactionId: string, dialogId: string | undefined): void {
    const at = this.#options.clock.now();
    const outbound = this.#outbound.get(transactionId);
    if (request.method === 'CANCEL' && outbound !== undefined)
      this.#calls.dialCancelled(outbound.request, at);
    if (dialogId === undefined) return;
    const [callId = '', firstTag] = dialogId.split(';from-tag=');
    if (request.method === 'BYE') this.#calls.released(callId, firstTag, request, at);
    const isOfTransfer = request.method === 'NOTIFY' && /^refer/i.test(headerOf(request, 'event') ?? 'refer');
    if (isOfTransfer) this.#calls.notified(callId, request.body, at);
  }

  /** Without an application's doing the server ends a dialog in which an ACK never came. */
  #onReleased(request: SipRequest, at: Micros): void {
    if (request.method === 'BYE') this.#calls.released(request.callId, undefined, request, at);
  }

  /** The server has sent what the application gave it, or tells what became of a request that it proxies. */
  #onAnswer(frame: Extract<IncomingFrame, { kind: 'answer' }>): string | undefined {
    const sent = this.#sent.get(frame.to);
    if (sent === undefined) return undefined;
    const message = frame.raw === undefined ? undefined : parseSipMessage(frame.raw);
    if (sent.proxied !== undefined) this.#onProxied(sent.proxied, frame, message);
    else {
      this.#sent.delete(frame.to);
      if (!frame.isOk && sent.answered !== undefined) {
        this.#calls.unreached(sent.answered, this.#options.clock.now());
      }
      const { transactionId } = frame;
      if (message?.kind === 'request' && message.method === 'INVITE' && transactionId !== undefined) {
        this.#onInviteSent(message, transactionId, sent);
      }
    }
    return sent.because;
  }

  #onInviteSent(request: SipRequest, transactionId: string, sent: Sent): void {
    this.#outbound.set(transactionId, { request, ...sent });
    if (isNewCall(request)) this.#calls.dialled(request, sent.because, this.#options.clock.now());
  }

  #onProxied(
    { request, origin }: Inbound,
    { to, isOk, isDone, address }: Extract<IncomingFrame, { kind: 'answer' }>,
    message: SipMessage | undefined,
  ): void {
    const at = this.#options.clock.now();
    if (message?.kind === 'response') {
      if (request.method === 'REGISTER') this.#onRegistered(request, message, origin, at);
      else this.#calls.proxies.answered(request.callId, message, address, at);
    }
    if (isOk && !isDone) return;
    this.#sent.delete(to);
    this.#calls.proxies.done(request.callId, at);
  }

  #onRecord({ what, source, raw }: Extract<IncomingFrame, { kind: 'cdr' }>): void {
    const message = parseSipMessage(raw);
    if (message === undefined || message.callId === '') return;
    const at = this.#options.clock.now();
    this.#calls.seen(message.callId, at);
    if (message.kind === 'request' && message.method === 'BYE') {
      if (source === 'network') this.#calls.hungUp(message, at);
      else this.#calls.released(message.callId, undefined, message, at);
    } else if (this.#options.fromRecords) {
      if (what === 'attempt' && message.kind === 'request' && isNewCall(message))
        this.#onAttempt(message, source, at);
      else if (message.kind === 'response') this.#calls.recorded(message, source, at);
      else if (what === 'stop' && source === 'network' && TAKEN_BACK.has(message.method)) {
        this.#calls.cancelled(message, at);
      }
    }
  }

  #onAttempt(request: SipRequest, source: 'network' | 'application', at: Micros): void {
    if (source === 'network') this.#calls.invited(request, { address: undefined, port: undefined }, at);
    else this.#calls.dialled(request, undefined, at);
  }
}

function isNewCall(request: SipRequest): boolean {
  return request.method === 'INVITE' && !/;\s*tag=/i.test(headerOf(request, 'to') ?? '');
}
