import type { Micros } from '../../util/clock.ts';
import { parseNameAddress } from './address.ts';
import { causeOfRefusal, dialStatusOf, type HangupCause } from './cause.ts';
import type { Leg } from './leg.ts';
import type { LegFacts } from './leg-facts.ts';
import { headerOf, type SipResponse } from './message.ts';
import type { Parties } from './party.ts';
import { RecentMap } from './recent-map.ts';
import { invitesAnother } from './second-chances.ts';

interface Proxied {
  readonly caller: Leg;
  /** Destinations that are tried when those before them refused. */
  readonly waiting: string[];
  outcome: HangupCause;
  /** One of the answers may make the caller send its INVITE anew. */
  mayComeAnew: boolean;
}

/** Of one that is cancelled the server may never say that it is done. */
const MAX_PROXIED = 20_000;

const UNKNOWN: HangupCause = { cause: undefined, causeText: undefined };

/** Calls that the application hands to the server to be proxied: all their legs share one dialog. */
export class Proxies {
  readonly #facts: LegFacts;
  readonly #parties: Parties;
  readonly #proxied = new RecentMap<string, Proxied>(MAX_PROXIED);

  constructor(facts: LegFacts, parties: Parties) {
    this.#facts = facts;
    this.#parties = parties;
  }

  begin(caller: Leg, destinations: readonly string[], isSimultaneous: boolean, at: Micros): void {
    const [first, ...rest] = destinations;
    const waiting = isSimultaneous ? [] : rest;
    this.#proxied.set(caller.dialog, { caller, waiting, outcome: UNKNOWN, mayComeAnew: false });
    for (const uri of isSimultaneous ? destinations : [first ?? '']) this.branch(caller, uri, at);
  }

  branch(caller: Leg, uri: string, at: Micros): Leg {
    const party = this.#parties.called(uri);
    const { dialog, firstTag } = caller;
    return this.#facts.dialled(
      { party, dialog, firstTag, tag: undefined, onBehalfOf: undefined },
      caller,
      uri,
      at,
    );
  }

  /** One of the destinations answers. */
  answered(callId: string, response: SipResponse, address: string | undefined, at: Micros): void {
    const proxied = this.#proxied.get(callId);
    if (proxied === undefined) return;
    const { caller } = proxied;
    const { status } = response;
    const tag = parseNameAddress(headerOf(response, 'to') ?? '').params.get('tag');
    const leg = this.#branchOf(proxied, tag, address, at);
    if (status > 100) leg.tag ??= tag;
    if (status === 180) this.#facts.ringing(leg, at);
    else if (status >= 200 && status < 300) {
      this.#facts.answered(leg, at);
      this.#facts.up(caller, at);
      this.cancelled(caller, at);
    } else if (status >= 300) {
      proxied.mayComeAnew ||= invitesAnother(status);
      proxied.outcome = causeOfRefusal(response, leg.hasRung);
      this.#facts.notAnswered(leg, dialStatusOf(status), proxied.outcome, at);
      this.#goOn(proxied, status, at);
    }
  }

  /** No destination is left. */
  done(callId: string, at: Micros): void {
    const proxied = this.#proxied.get(callId);
    this.#proxied.delete(callId);
    if (proxied === undefined || proxied.caller.state === 'up') return;
    this.cancelled(proxied.caller, at);
    this.#facts.refused(proxied.caller, proxied.outcome, proxied.mayComeAnew, at);
  }

  /** Ends what still rings. */
  cancelled(caller: Leg, at: Micros): void {
    this.#proxied.delete(caller.dialog);
    for (const leg of this.#branches(caller)) {
      if (leg.state !== 'up') this.#facts.notAnswered(leg, 'cancel', UNKNOWN, at);
    }
  }

  #branches(caller: Leg): Leg[] {
    return this.#facts.legs
      .of(caller.dialog)
      .filter((leg) => leg !== caller && leg.firstTag === caller.firstTag);
  }

  /** A response names neither the URI that was tried nor its place in the list. */
  #branchOf(
    { caller, waiting }: Proxied,
    tag: string | undefined,
    address: string | undefined,
    at: Micros,
  ): Leg {
    const branches = this.#branches(caller);
    const untold = branches.filter((leg) => leg.tag === undefined);
    const known = branches.find((leg) => tag !== undefined && leg.tag === tag);
    const named = untold.find(({ party }) => party.endpoint === address);
    const leg = known ?? named ?? untold[0];
    return leg ?? this.branch(caller, waiting.shift() ?? `sip:${caller.exten ?? ''}@${address ?? ''}`, at);
  }

  /** The server does not say that it is done where the caller gave up, which only its 487 tells. */
  #goOn(proxied: Proxied, status: number, at: Micros): void {
    const { caller, waiting } = proxied;
    if (this.#branches(caller).length > 0) return;
    const next = status === 487 ? undefined : waiting.shift();
    if (next !== undefined) this.branch(caller, next, at);
    else if (status === 487) {
      this.#facts.hangupRequested(caller, at);
      proxied.mayComeAnew = false;
      this.done(caller.dialog, at);
    }
  }
}
