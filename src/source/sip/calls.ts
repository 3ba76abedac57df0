import type { Fact } from '../../telephony/facts.ts';
import type { Clock, Micros } from '../../util/clock.ts';
import { parseNameAddress, parseSipUri } from './address.ts';
import { causeOfEnd, causeOfRefusal, dialStatusOf, type HangupCause } from './cause.ts';
import type { Leg } from './leg.ts';
import { LegFacts } from './leg-facts.ts';
import { headerOf, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import type { Parties } from './party.ts';
import { Proxies } from './proxies.ts';
import type { Origin } from './registrar.ts';
import { invitesAnother } from './second-chances.ts';
import { offersHold } from './session-description.ts';
import { SipTransfers } from './transfers.ts';

/** Calls as a B2BUA or a proxy sees them: every party is a leg, every leg a channel. */
export class SipCalls {
  readonly facts: LegFacts;
  readonly proxies: Proxies;
  readonly #parties: Parties;
  readonly #transfers: SipTransfers;
  /** Answered callers that took their INVITE back, which counts if they never got the answer. */
  readonly #takenBack = new WeakSet<Leg>();

  constructor(parties: Parties, tell: (fact: Fact) => void, after: Clock['after']) {
    this.#parties = parties;
    this.facts = new LegFacts(tell, after);
    this.proxies = new Proxies(this.facts, parties);
    this.#transfers = new SipTransfers(this.facts);
  }

  /** A device or a trunk sends an INVITE of a new call. */
  invited(request: SipRequest, origin: Origin, at: Micros): void {
    const tag = tagOf(request, 'from');
    const known = this.#initiator(request.callId, tag);
    if (known !== undefined) {
      this.facts.chances.take(known);
      return;
    }
    this.facts.incoming(
      {
        party: this.#parties.caller(request, origin),
        exten: parseSipUri(request.uri)?.user,
        dialog: request.callId,
        firstTag: tag,
        tag,
      },
      at,
    );
  }

  /** The application answers the INVITE of a new call. */
  responded(request: SipRequest, response: SipResponse, at: Micros): void {
    const leg = this.#initiator(request.callId, tagOf(request, 'from'));
    const { status } = response;
    if (leg === undefined || status === 100) return;
    if (status < 200) this.facts.begin(leg);
    else if (status < 300) this.facts.up(leg, at);
    else this.#refused(leg, response, leg.hasRung, at);
  }

  /** The application has the server proxy a new call. */
  proxied(
    request: SipRequest,
    how: { readonly destinations: readonly string[]; readonly isSimultaneous: boolean },
    at: Micros,
  ): void {
    const leg = this.#initiator(request.callId, tagOf(request, 'from'));
    if (leg !== undefined) this.proxies.begin(leg, how.destinations, how.isSimultaneous, at);
  }

  /** The application sends an INVITE of a new dialog, `because` of something in that other dialog. */
  dialled(request: SipRequest, because: string | undefined, at: Micros): void {
    const { callId, uri } = request;
    const firstTag = tagOf(request, 'from');
    const known = this.facts.legs.of(callId).find((leg) => leg.firstTag === firstTag);
    if (known !== undefined) {
      if (isInitiator(known)) this.proxies.branch(known, uri, at);
      else {
        known.challenge = undefined;
        this.facts.chances.take(known);
      }
      return;
    }
    const reason = (because === undefined ? undefined : this.#reason(because)) ?? this.#likelyCaller(request);
    const onBehalfOf = reason?.transfer === undefined ? undefined : reason;
    const caller = onBehalfOf === undefined ? (reason?.caller ?? reason) : (onBehalfOf.partner ?? onBehalfOf);
    const party = this.#parties.called(uri);
    if (onBehalfOf?.transfer !== undefined) onBehalfOf.transfer.isWorkedOn = true;
    this.facts.dialled({ party, dialog: callId, firstTag, tag: undefined, onBehalfOf }, caller, uri, at);
  }

  /** The device that the application dialled answers. */
  dialAnswered(request: SipRequest, response: SipResponse, at: Micros): void {
    const leg = this.#dialled(request);
    if (leg !== undefined) this.#ofDevice(leg, response, at);
  }

  /** The application takes an INVITE back. */
  dialCancelled(request: SipRequest, at: Micros): void {
    const leg = this.#dialled(request);
    if (leg === undefined || leg.state === 'up') return;
    this.facts.notAnswered(leg, 'cancel', NOT_TOLD, at);
  }

  /** A caller takes its INVITE back. */
  cancelled(request: SipRequest, at: Micros): void {
    const leg = this.#initiator(request.callId, tagOf(request, 'from'));
    if (leg === undefined) return;
    if (leg.state === 'up') {
      this.#takenBack.add(leg);
      return;
    }
    this.facts.hangupRequested(leg, at);
    this.facts.gone(leg, NOT_TOLD, at);
    this.proxies.cancelled(leg, at);
  }

  /** The final answer to the INVITE of a new call could not be sent. */
  unreached(request: SipRequest, at: Micros): void {
    const leg = this.#initiator(request.callId, tagOf(request, 'from'));
    if (leg === undefined) return;
    if (this.#takenBack.has(leg)) this.facts.hangupRequested(leg, at);
    this.facts.gone(leg, NOT_TOLD, at);
  }

  /** A party hangs up. */
  hungUp(request: SipRequest, at: Micros): void {
    const leg = this.#sender(request);
    if (leg === undefined) return;
    this.#transfers.leaving(leg, at);
    this.facts.hangupRequested(leg, at);
    this.#end(leg, request, at);
  }

  /** The application, or the server for it, hangs a party up. */
  released(callId: string, firstTag: string | undefined, request: SipRequest, at: Micros): void {
    const legs = this.facts.legs.of(callId);
    const leg = legs.find((one) => one.firstTag === firstTag) ?? legs[0];
    if (leg !== undefined) this.#end(leg, request, at);
  }

  /** The application accepted what a party offers in a call that goes on. */
  offered(request: SipRequest, at: Micros): void {
    const leg = this.#sender(request);
    const isHold = offersHold(request.body);
    if (leg !== undefined && isHold !== undefined) this.facts.holds(leg, isHold, at);
  }

  /** The application accepts a REFER. */
  referred(request: SipRequest, status: number): void {
    const leg = this.#sender(request);
    if (leg !== undefined) this.#transfers.accepted(leg, request, status);
  }

  /** The application tells a party what became of the transfer that it asked for. */
  notified(callId: string, body: string, at: Micros): void {
    for (const leg of this.facts.legs.of(callId)) this.#transfers.notified(leg, body, at);
  }

  /** A record tells how an INVITE was answered: of a proxied call, first by the device and then to the caller. */
  recorded(response: SipResponse, source: 'network' | 'application', at: Micros): void {
    const firstTag = tagOf(response, 'from');
    const tag = tagOf(response, 'to');
    const legs = this.facts.legs.of(response.callId).filter((leg) => leg.firstTag === firstTag);
    const initiator = legs.find(isInitiator);
    const dialled = legs.filter((leg) => leg !== initiator);
    const leg = dialled.find((one) => one.tag === tag) ?? dialled[0];
    if (leg !== undefined && initiator === undefined) this.#ofDevice(leg, response, at);
    else if (leg !== undefined) this.#answeredOrNot(leg, response, at);
    if (initiator === undefined || (source === 'network' && leg !== undefined)) return;
    if (response.status === 487 && initiator.state !== 'up') this.facts.hangupRequested(initiator, at);
    if (response.status < 300) this.facts.up(initiator, at);
    else this.#refused(initiator, response, leg?.hasRung ?? false, at);
  }

  /** A dialog gave a sign of life. */
  seen(callId: string, at: Micros): void {
    for (const leg of this.facts.legs.of(callId)) leg.lastSeen = at;
  }

  /** Legs that nothing was heard of since `time`; what became of them was not seen. */
  forgetSilentSince(time: Micros): void {
    for (const leg of [...this.facts.legs.all()]) if (leg.lastSeen < time) this.facts.legs.remove(leg);
  }

  /** A caller gets a final answer that is none to its call. */
  #refused(leg: Leg, response: SipResponse, hasRung: boolean, at: Micros): void {
    const { status } = response;
    if (leg.state === 'up') return;
    if (QUESTIONS.has(status) && !leg.isTold) {
      this.facts.legs.remove(leg);
      return;
    }
    this.#giveUpChallenged(leg, at);
    this.facts.refused(leg, causeOfRefusal(response, hasRung), invitesAnother(status), at);
  }

  /** A device answers to a dialog that the application began, and that it may begin anew with a password. */
  #ofDevice(leg: Leg, response: SipResponse, at: Micros): void {
    const { status } = response;
    if (status !== 401 && status !== 407) this.#answeredOrNot(leg, response, at);
    else if (leg.state !== 'up') {
      leg.challenge = response;
      this.facts.chances.give(leg, () => this.#answeredOrNot(leg, response, at));
    }
  }

  #answeredOrNot(leg: Leg, response: SipResponse, at: Micros): void {
    const { status } = response;
    leg.tag ??= tagOf(response, 'to');
    if (status === 180) this.facts.ringing(leg, at);
    else if (status >= 200 && status < 300) {
      if (leg.onBehalfOf !== undefined) this.#transfers.succeeded(leg.onBehalfOf, at);
      this.facts.answered(leg, at);
    } else if (status >= 300) {
      this.facts.notAnswered(leg, dialStatusOf(status), causeOfRefusal(response, leg.hasRung), at);
    }
  }

  /** Both ends of a proxied call share one dialog: no message will tell the end of the other. */
  #end(leg: Leg, request: SipRequest, at: Micros): void {
    const legs = this.facts.legs.of(leg.dialog).filter((one) => one.firstTag === leg.firstTag);
    for (const one of [leg, ...legs.filter((other) => other !== leg)]) {
      this.facts.gone(one, causeOfEnd(request), at);
    }
  }

  /** Why the application dials: the party that asked for a transfer, else who called. */
  #reason(dialog: string): Leg | undefined {
    const legs = this.facts.legs.of(dialog);
    return legs.find((leg) => leg.transfer !== undefined) ?? legs.find(isInitiator) ?? legs[0];
  }

  /** Where nothing tells why the application dials: a caller that waits, and that the INVITE is from. */
  #likelyCaller(request: SipRequest): Leg | undefined {
    const from = parseSipUri(parseNameAddress(headerOf(request, 'from') ?? '').uri)?.user;
    return [...this.facts.legs.all()].findLast(
      (leg) => isInitiator(leg) && this.#waits(leg) && from !== undefined && leg.party.number === from,
    );
  }

  #waits(caller: Leg): boolean {
    return caller.state === 'ring' && !this.facts.chances.has(caller);
  }

  #giveUpChallenged(caller: Leg, at: Micros): void {
    for (const leg of [...this.facts.legs.all()]) {
      if (leg.caller !== caller || leg.challenge === undefined) continue;
      this.#answeredOrNot(leg, leg.challenge, at);
    }
  }

  #initiator(callId: string, firstTag: string | undefined): Leg | undefined {
    return this.facts.legs.of(callId).find((leg) => isInitiator(leg) && leg.firstTag === firstTag);
  }

  #dialled(request: SipRequest): Leg | undefined {
    const firstTag = tagOf(request, 'from');
    return this.facts.legs.of(request.callId).find((leg) => !isInitiator(leg) && leg.firstTag === firstTag);
  }

  /** Whose request within a dialog it is. */
  #sender(request: SipRequest): Leg | undefined {
    const legs = this.facts.legs.of(request.callId);
    const tag = tagOf(request, 'from');
    return legs.find((leg) => leg.tag === tag) ?? (legs.length === 1 ? legs[0] : undefined);
  }
}

const NOT_TOLD: HangupCause = { cause: undefined, causeText: undefined };

/** Answers after which a caller sends its INVITE anew: for a password, for a longer session interval. */
const QUESTIONS: ReadonlySet<number> = new Set([401, 407, 422]);

/** It began its dialog. */
function isInitiator(leg: Leg): boolean {
  return leg.tag !== undefined && leg.tag === leg.firstTag;
}

export function tagOf(message: SipMessage, header: 'from' | 'to'): string | undefined {
  return parseNameAddress(headerOf(message, header) ?? '').params.get('tag');
}
