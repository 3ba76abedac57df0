import type { Attempt, AttemptErrorCode } from '../model/delivery.ts';
import type { PublishedEvent } from '../model/event.ts';
import { type EventType, isEventType } from '../model/event-types.ts';
import type { AttemptSettlement } from '../store/store.ts';
import { Histogram, type HistogramSnapshot } from '../util/histogram.ts';

/** What came of an attempt, in as many words as there will ever be. */
export type AttemptResult =
  | 'delivered'
  | 'status_3xx'
  | 'status_4xx'
  | 'status_5xx'
  | 'status_other'
  | AttemptErrorCode;

/** What the engine counted since it started; sizes are bounded whatever is published and whoever answers. */
export interface EngineCounts {
  /** Events on disk, by type; those that the catalogue does not know together as `other`. */
  readonly published: ReadonlyMap<EventType | 'other', number>;
  /** Seconds that attempts took, by what came of them. */
  readonly attempts: ReadonlyMap<AttemptResult, HistogramSnapshot>;
  /** Sender threads that died and were replaced. */
  readonly senderRestarts: number;
}

/** From a receiver next door to the longest timeout that makes sense, in seconds. */
const ATTEMPT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

export class Tally {
  readonly #published = new Map<EventType | 'other', number>();
  readonly #attempts = new Map<AttemptResult, Histogram>();

  published(publications: readonly { readonly event: Pick<PublishedEvent, 'type'> }[]): void {
    for (const { event } of publications) {
      const type = isEventType(event.type) ? event.type : 'other';
      this.#published.set(type, (this.#published.get(type) ?? 0) + 1);
    }
  }

  attempted(settlements: readonly Pick<AttemptSettlement, 'attempt'>[]): void {
    for (const { attempt } of settlements) {
      this.#timesOf(resultOf(attempt)).observe(attempt.durationMs / 1000);
    }
  }

  counts(senderRestarts: number): EngineCounts {
    const attempts = [...this.#attempts].map(([result, times]) => [result, times.snapshot()] as const);
    return { published: new Map(this.#published), attempts: new Map(attempts), senderRestarts };
  }

  #timesOf(result: AttemptResult): Histogram {
    let times = this.#attempts.get(result);
    if (times === undefined) {
      times = new Histogram(ATTEMPT_BOUNDS);
      this.#attempts.set(result, times);
    }
    return times;
  }
}

function resultOf({ outcome }: Attempt): AttemptResult {
  if (outcome.kind === 'error') return outcome.code;
  switch (Math.floor(outcome.response.status / 100)) {
    case 2:
      return 'delivered';
    case 3:
      return 'status_3xx';
    case 4:
      return 'status_4xx';
    case 5:
      return 'status_5xx';
    default:
      return 'status_other';
  }
}
