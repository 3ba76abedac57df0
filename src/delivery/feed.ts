import type { PublishedEvent } from '../model/event.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { Settlement } from '../store/store.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';

/** What became of a delivery, and of which event it is. */
export type DeliveryChange = Settlement & { readonly published: PublishedEvent };

/** An event, and who gets it. */
export interface AcceptedEvent {
  readonly event: PublishedEvent;
  readonly to: readonly SubscriptionId[];
}

/** Whoever wants to know at once what happens. Told of what is on disk; what it throws is logged. */
export interface FeedListener {
  published(accepted: readonly AcceptedEvent[]): void;
  settled(changes: readonly DeliveryChange[]): void;
}

/** Tells listeners what happens; without any it costs a look at their number. */
export class Feed {
  readonly #listeners = new Set<FeedListener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns how to stop that. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  published(accepted: readonly AcceptedEvent[]): void {
    if (this.#listeners.size > 0) this.#tell((listener) => listener.published(accepted));
  }

  settled(changes: readonly DeliveryChange[]): void {
    if (this.#listeners.size > 0) this.#tell((listener) => listener.settled(changes));
  }

  #tell(tell: (listener: FeedListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.#logger.error(`A listener for what happens failed: ${reasonOf(error)}`);
      }
    }
  }
}
