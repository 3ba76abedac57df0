/**
 * Who gets an event, as one text: the keys of subscriptions in base 36, each in a slot of {@link SLOT} characters, so
 * that SQL finds one with `instr` and its place by a division. A slot of zeros has nobody (any more).
 */
export const SLOT = 7;

const NOBODY = 0;

/** In SQL, of a row `f` of `fan_out`: the delivery to the subscription whose slot is `?1`. */
export const DELIVERY_ID = `f.first_delivery + (instr(f.recipients, ?1) - 1) / ${SLOT}`;

/** Whether there is one, and it has no row of its own. */
export const IS_UNTRIED = `instr(f.recipients, ?1) > 0
  AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = ${DELIVERY_ID})`;

/** Whether any delivery may be without its row: those that nobody gets have none either. */
export const HAS_UNTRIED = `length(f.recipients) / ${SLOT} > (SELECT count(*) FROM delivery d
  WHERE d.id >= f.first_delivery AND d.id < f.first_delivery + length(f.recipients) / ${SLOT})`;

/** In SQL, the ids of an event's deliveries that have rows. */
export function deliveriesOf(event: string): string {
  return `SELECT own.id FROM fan_out f CROSS JOIN delivery own ON own.id >= f.first_delivery
      AND own.id < f.first_delivery + length(f.recipients) / ${SLOT} WHERE f.event = ${event}
    UNION ALL SELECT other.id FROM delivery other INDEXED BY delivery_apart
      WHERE other.apart = 1 AND other.event = ${event}`;
}

/** What to look for with `instr`: a slot's end tells it apart from any other place in the text. */
export function slotOf(subscription: number): string {
  return `${subscription.toString(36).padStart(SLOT - 1, '0')},`;
}

/** @param subscriptions undefined: one that has been removed; its place is kept. */
export function packRecipients(subscriptions: readonly (number | undefined)[]): string {
  return subscriptions.map((key) => slotOf(key ?? NOBODY)).join('');
}

/** The keys with their places, counted from 0. */
export function* recipientsIn(packed: string): Generator<readonly [place: number, subscription: number]> {
  for (let place = 0; place < packed.length / SLOT; place += 1) {
    const subscription = Number.parseInt(packed.slice(place * SLOT, (place + 1) * SLOT - 1), 36);
    if (subscription !== NOBODY) yield [place, subscription];
  }
}

export function without(packed: string, place: number): string {
  return packed.slice(0, place * SLOT) + slotOf(NOBODY) + packed.slice((place + 1) * SLOT);
}
