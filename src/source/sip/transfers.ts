import type { Micros } from '../../util/clock.ts';
import { parseNameAddress, parseSipUri } from './address.ts';
import { type Leg, snapshotOf } from './leg.ts';
import type { LegFacts } from './leg-facts.ts';
import { headerOf, type SipRequest } from './message.ts';

/**
 * Transfers by REFER. One that was accepted has succeeded when the application says so in a NOTIFY, when whom it was
 * for answers, or when the transferer hangs up in good faith; a NOTIFY of a failure takes it back.
 */
export class SipTransfers {
  readonly #facts: LegFacts;

  constructor(facts: LegFacts) {
    this.#facts = facts;
  }

  /** The application accepted a REFER; with 202 it says that it will do it. */
  accepted(leg: Leg, request: SipRequest, status: number): void {
    const { uri } = parseNameAddress(headerOf(request, 'refer-to') ?? '');
    const target = parseSipUri(uri);
    const method = target?.params.get('method') ?? 'INVITE';
    if (target === undefined || method.toUpperCase() !== 'INVITE') return;
    const replaces = target.headers.get('replaces')?.split(';')[0];
    leg.transfer = { destination: target.user ?? target.host, replaces, isWorkedOn: status === 202 };
  }

  /** The application tells the transferer how it goes. */
  notified(leg: Leg, body: string, at: Micros): void {
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(body)?.[1]);
    if (leg.transfer !== undefined) leg.transfer.isWorkedOn = true;
    if (status >= 300) leg.transfer = undefined;
    else if (status >= 200) this.succeeded(leg, at);
  }

  /** A leg is about to go: where it gives a call away, it does so now. */
  leaving(leg: Leg, at: Micros): void {
    if (leg.transfer?.isWorkedOn) this.succeeded(leg, at);
    for (const other of this.#facts.legs.all()) {
      const { transfer } = other;
      if (transfer?.isWorkedOn && transfer.replaces === leg.dialog) this.succeeded(other, at);
    }
  }

  succeeded(leg: Leg, at: Micros): void {
    const { transfer, partner } = leg;
    if (transfer === undefined) return;
    leg.transfer = undefined;
    leg.isHolding = false;
    const [consulting] = transfer.replaces === undefined ? [] : this.#facts.legs.of(transfer.replaces);
    const transferer = snapshotOf(leg);
    const transferee = partner && snapshotOf(partner);
    if (consulting === undefined) {
      const { destination } = transfer;
      this.#facts.tell({ kind: 'transfer.blind', at, transferer, transferee, destination });
      return;
    }
    consulting.isHolding = false;
    const target = consulting.partner;
    this.#facts.tell({
      kind: 'transfer.attended',
      at,
      transferer,
      consulting: snapshotOf(consulting),
      transferee,
      target: target && snapshotOf(target),
      threeWay: false,
      intoApplication: false,
    });
    if (partner !== undefined) partner.partner = target;
    if (target !== undefined) target.partner = partner;
  }
}
