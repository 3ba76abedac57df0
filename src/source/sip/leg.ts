import type { CallId } from '../../model/ids.ts';
import type { ChannelId, ChannelSnapshot, ChannelState } from '../../telephony/facts.ts';
import type { Micros } from '../../util/clock.ts';
import type { SipResponse } from './message.ts';
import type { Party } from './party.ts';
import { RecentMap } from './recent-map.ts';

/** One party's part in a call: what a channel is to Asterisk. */
export interface Leg {
  readonly id: ChannelId;
  readonly name: string;
  readonly callId: CallId;
  readonly party: Party;
  /** What it dialled. */
  readonly exten: string | undefined;
  /** SIP's Call-ID; a proxied call has one for all its legs. */
  readonly dialog: string;
  /** Tag of whoever began the dialog. */
  readonly firstTag: string | undefined;
  /** Its party's own tag, once that is known. */
  tag: string | undefined;
  readonly since: Micros;
  state: ChannelState;
  /** Not told as long as it may still turn out to be nothing but a question for a password. */
  isTold: boolean;
  /** Who dialled it. */
  readonly caller: Leg | undefined;
  /** The transferer on whose behalf it was dialled. */
  readonly onBehalfOf: Leg | undefined;
  /** With whom it talks. */
  partner: Leg | undefined;
  hasRung: boolean;
  isHolding: boolean;
  /** It was asked for a password, which the application may yet give. */
  challenge: SipResponse | undefined;
  /** A transfer that its party asked for and that is under way. */
  transfer: Transfer | undefined;
  lastSeen: Micros;
}

export interface Transfer {
  readonly destination: string | undefined;
  /** Call-ID of the dialog that is to be replaced: an attended transfer. */
  readonly replaces: string | undefined;
  /** The application does something about it: drachtio-srf answers 200 to a REFER that nobody handles. */
  isWorkedOn: boolean;
}

export function snapshotOf({ id, name, callId, state, party, exten }: Leg): ChannelSnapshot {
  const { number: callerNumber, name: callerName } = party;
  return { id, name, callId, state, callerNumber, callerName, exten, accountCode: undefined };
}

export type NewLeg = Pick<
  Leg,
  'party' | 'exten' | 'dialog' | 'firstTag' | 'tag' | 'state' | 'caller' | 'onBehalfOf'
>;

/** Whoever lets more calls hang about without an answer loses the oldest. */
const MAX_DIALOGS = 20_000;
/** Of INVITEs that the application has not answered: scanners send what no application ever does. */
const MAX_UNTOLD = 5_000;
const MAX_UNTOLD_OF_DIALOG = 8;
/** Microseconds that an application may take for its first answer. */
const LONGEST_SILENCE = 300e6;

/** The legs that are there, by their dialogs. */
export class Legs {
  /** Dialogs of which something was told, and all the others. */
  readonly #told = new RecentMap<string, readonly Leg[]>(MAX_DIALOGS);
  readonly #untold = new RecentMap<string, readonly Leg[]>(MAX_UNTOLD);
  #running = 0;

  /** Of a call of its own, unless someone of another call dials it. */
  add(leg: NewLeg, callId: CallId | undefined, since: Micros): Leg {
    this.#forgetUntold(since);
    this.#running += 1;
    const others = this.of(leg.dialog);
    const running = this.#running.toString(16).padStart(8, '0');
    const added: Leg = {
      ...leg,
      id: (others.length === 0 ? leg.dialog : `${leg.dialog};${running}`) as ChannelId,
      name: `SIP/${leg.party.endpoint}-${running}`,
      callId: callId ?? (leg.dialog as CallId),
      since,
      isTold: false,
      partner: undefined,
      hasRung: false,
      isHolding: false,
      challenge: undefined,
      transfer: undefined,
      lastSeen: since,
    };
    this.#put(leg.dialog, [...withRoom(others), added]);
    return added;
  }

  of(dialog: string): readonly Leg[] {
    return this.#told.get(dialog) ?? this.#untold.get(dialog) ?? [];
  }

  markTold(leg: Leg): void {
    leg.isTold = true;
    const legs = this.#untold.get(leg.dialog);
    if (legs?.includes(leg)) this.#put(leg.dialog, legs);
  }

  remove(leg: Leg): void {
    const legs = this.of(leg.dialog);
    if (legs.includes(leg))
      this.#put(
        leg.dialog,
        legs.filter((other) => other !== leg),
      );
  }

  *all(): Generator<Leg> {
    for (const legs of this.#told.values()) yield* legs;
    for (const legs of this.#untold.values()) yield* legs;
  }

  #put(dialog: string, legs: readonly Leg[]): void {
    const isTold = legs.some((leg) => leg.isTold);
    const [map, other] = isTold ? [this.#told, this.#untold] : [this.#untold, this.#told];
    other.delete(dialog);
    if (legs.length === 0) map.delete(dialog);
    else map.set(dialog, legs);
  }

  /** The oldest dialogs come first. */
  #forgetUntold(now: Micros): void {
    for (const legs of this.#untold.values()) {
      const last = legs.at(-1);
      if (last === undefined || last.since >= now - LONGEST_SILENCE) return;
      this.#untold.delete(last.dialog);
    }
  }
}

function withRoom(legs: readonly Leg[]): readonly Leg[] {
  const untold = legs.filter((leg) => !leg.isTold);
  return untold.length < MAX_UNTOLD_OF_DIALOG ? legs : legs.filter((leg) => leg !== untold[0]);
}
