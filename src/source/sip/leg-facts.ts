import type { CallId } from '../../model/ids.ts';
import type { DialStatus, Fact } from '../../telephony/facts.ts';
import type { Clock, Micros } from '../../util/clock.ts';
import type { HangupCause } from './cause.ts';
import { type Leg, Legs, type NewLeg, snapshotOf } from './leg.ts';
import { SecondChances } from './second-chances.ts';

/** The lives of legs, and the facts that tell them. */
export class LegFacts {
  readonly legs = new Legs();
  readonly chances: SecondChances;
  readonly #tell: (fact: Fact) => void;

  constructor(tell: (fact: Fact) => void, after: Clock['after']) {
    this.#tell = tell;
    this.chances = new SecondChances(after);
  }

  /** A leg came in; nothing is told of it yet. */
  incoming(leg: Omit<NewLeg, 'state' | 'caller' | 'onBehalfOf'>, at: Micros): Leg {
    return this.legs.add({ ...leg, state: 'ring', caller: undefined, onBehalfOf: undefined }, undefined, at);
  }

  /** @param caller undefined when the application itself dials. */
  dialled(
    leg: Omit<NewLeg, 'state' | 'exten' | 'caller'>,
    caller: Leg | undefined,
    dialString: string,
    at: Micros,
  ): Leg {
    if (caller !== undefined) this.begin(caller);
    const callId: CallId | undefined = caller?.callId;
    const added = this.legs.add({ ...leg, exten: undefined, state: 'dialling', caller }, callId, at);
    this.legs.markTold(added);
    const source = caller && snapshotOf(caller);
    this.#tell({ kind: 'dial.begun', at, caller: source, dest: snapshotOf(added), dialString });
    return added;
  }

  /** It is a call, and no mere question for a password. */
  begin(leg: Leg): void {
    if (leg.isTold) return;
    this.legs.markTold(leg);
    this.#tell({ kind: 'channel.seen', at: leg.since, channel: snapshotOf(leg) });
  }

  ringing(leg: Leg, at: Micros): void {
    if (leg.hasRung || leg.state === 'up') return;
    leg.hasRung = true;
    leg.state = 'ringing';
    this.#tell({
      kind: 'dial.ringing',
      at,
      caller: leg.caller && snapshotOf(leg.caller),
      dest: snapshotOf(leg),
    });
  }

  /** A leg that was dialled answers, and talks with who dialled it. */
  answered(leg: Leg, at: Micros): void {
    if (leg.state === 'up') return;
    const { caller } = leg;
    leg.state = 'up';
    this.#endDial(leg, 'answer', at);
    leg.partner = caller;
    if (caller !== undefined) caller.partner = leg;
  }

  /** A leg that came in is answered. */
  up(leg: Leg, at: Micros): void {
    this.begin(leg);
    this.chances.take(leg);
    if (leg.state === 'up') return;
    leg.state = 'up';
    this.#tell({ kind: 'channel.seen', at, channel: snapshotOf(leg) });
  }

  /** A leg that came in is refused, for good unless its INVITE may come anew. */
  refused(leg: Leg, cause: HangupCause, mayComeAnew: boolean, at: Micros): void {
    this.begin(leg);
    if (mayComeAnew) this.chances.give(leg, () => this.gone(leg, cause, at));
    else this.gone(leg, cause, at);
  }

  /** A leg that was dialled is given up; a refusal in a call that goes on is not of the call. */
  notAnswered(leg: Leg, status: DialStatus, cause: HangupCause, at: Micros): void {
    if (leg.state === 'up') return;
    this.#endDial(leg, status, at);
    this.gone(leg, cause, at);
  }

  hangupRequested(leg: Leg, at: Micros): void {
    this.begin(leg);
    this.#tell({ kind: 'channel.hangup_requested', at, channel: snapshotOf(leg) });
  }

  gone(leg: Leg, { cause, causeText }: HangupCause, at: Micros): void {
    if (!this.legs.of(leg.dialog).includes(leg)) return;
    this.begin(leg);
    this.chances.take(leg);
    this.legs.remove(leg);
    if (leg.partner?.partner === leg) leg.partner.partner = undefined;
    this.#tell({ kind: 'channel.gone', at, channel: snapshotOf(leg), cause, causeText });
  }

  holds(leg: Leg, isHolding: boolean, at: Micros): void {
    if (leg.isHolding === isHolding) return;
    leg.isHolding = isHolding;
    this.#tell({ kind: isHolding ? 'channel.held' : 'channel.resumed', at, channel: snapshotOf(leg) });
  }

  tell(fact: Fact): void {
    this.#tell(fact);
  }

  #endDial(leg: Leg, status: DialStatus, at: Micros): void {
    const caller = leg.caller && snapshotOf(leg.caller);
    this.#tell({ kind: 'dial.ended', at, caller, dest: snapshotOf(leg), status, forward: undefined });
  }
}
