import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import type { DeliveryId, EventPosition } from '../../model/ids.ts';
import { msFromMicros } from '../../util/clock.ts';
import type { StoreState } from '../store.ts';
import { SLOT } from './recipients.ts';
import { rowOf } from './rows.ts';

/**
 * What ids continue from. The newest event tells it, so that publishing need not write it down; the table `progress`
 * tells of those that nothing is kept of any more.
 */
export class Progress {
  readonly #noted: StatementSync;
  readonly #newestEvent: StatementSync;
  readonly #newestDelivery: StatementSync;
  readonly #note: StatementSync;

  constructor(db: DatabaseSync) {
    this.#noted = db.prepare('SELECT last_event_ms, last_delivery FROM progress');
    this.#newestEvent = db.prepare('SELECT max(key) FROM event');
    // Replays, whose ids may be higher, are noted.
    this.#newestDelivery = db.prepare(
      `SELECT first_delivery + length(recipients) / ${SLOT} - 1 FROM fan_out ORDER BY event DESC LIMIT 1`,
    );
    this.#note = db.prepare(
      'UPDATE progress SET last_event_ms = max(last_event_ms, ?), last_delivery = max(last_delivery, ?)',
    );
  }

  state(): StoreState {
    const noted = rowOf(this.#noted);
    const [notedMs, notedDelivery] = [noted?.number() ?? 0, noted?.number() ?? 0];
    const event = rowOf(this.#newestEvent)?.optionalNumber() ?? 0;
    const delivery = rowOf(this.#newestDelivery)?.number() ?? 0;
    return {
      lastEventMs: Math.max(notedMs, msOf(event as EventPosition)),
      lastDeliveryId: Math.max(notedDelivery, delivery) as DeliveryId,
    };
  }

  /** An id was handed out for an event that is not kept. */
  passOver(position: EventPosition): void {
    this.#note.run(msOf(position), 0);
  }

  /** Ids up to this one were handed out for replays. */
  replayedUpTo(delivery: number): void {
    this.#note.run(0, delivery);
  }

  /** Within the transaction that deletes events, before it does. */
  beforeDeletion(): void {
    const { lastEventMs, lastDeliveryId } = this.state();
    this.#note.run(lastEventMs, lastDeliveryId);
  }
}

function msOf(position: EventPosition): number {
  return msFromMicros(acceptedAt(position));
}
