import type { Engine } from '../../delivery/engine.ts';
import type { AcceptedEvent, DeliveryChange, FeedListener } from '../../delivery/feed.ts';
import type { SubscriptionId } from '../../model/ids.ts';
import type { SubscriptionChange, SubscriptionRegistry } from '../../subscription/registry.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import { Problem } from '../problem.ts';
import type { Stats } from '../stats.ts';
import { subscriptionView } from '../subscription-view.ts';
import { COMMENT, deliveryData, eventMessage, message } from './messages.ts';
import { type ReaderOptions, StreamReader } from './reader.ts';

export interface StreamHubOptions {
  readonly engine: Pick<Engine, 'listen' | 'stats'>;
  readonly registry: Pick<SubscriptionRegistry, 'onChange'>;
  readonly stats: Pick<Stats, 'live'>;
  readonly clock: Clock;
}

const MAX_READERS = 100;
const STATS_MS = 2_000;
const COMMENT_MS = 15_000;

/** Tells readers what happens. Without any it listens to nothing and has no timer. */
export class StreamHub implements FeedListener {
  readonly #options: StreamHubOptions;
  readonly #readers = new Set<StreamReader>();
  #stopListening: (() => void) | undefined;
  #isClosed = false;

  constructor(options: StreamHubOptions) {
    this.#options = options;
  }

  /** Throws a Problem where there are too many already. Whoever joins leaves again. */
  join(options: ReaderOptions): StreamReader {
    if (this.#readers.size >= MAX_READERS) {
      throw new Problem(
        'too_many_streams',
        `${MAX_READERS} streams are open, and no more are allowed: close one`,
      );
    }
    const reader = new StreamReader(options);
    if (this.#isClosed) {
      reader.end();
      return reader;
    }
    this.#readers.add(reader);
    this.#stopListening ??= this.#listen();
    reader.push(COMMENT);
    void this.#tellStats([reader]);
    return reader;
  }

  leave(reader: StreamReader): void {
    reader.leave();
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** Ends every stream at once. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) {
      reader.end();
      this.leave(reader);
    }
  }

  published(accepted: readonly AcceptedEvent[]): void {
    for (const { event, to } of accepted) {
      const text = once(() => eventMessage(event));
      for (const reader of this.#readers) {
        const { wants, subscriptionId } = reader.options;
        if (wants(event.type) && (subscriptionId === undefined || to.includes(subscriptionId))) {
          reader.push(text(), event.position);
        }
      }
    }
  }

  settled(changes: readonly DeliveryChange[]): void {
    for (const change of changes) {
      const text = once(() => message('delivery', deliveryData(change)));
      for (const reader of this.#about(change.subscriptionId)) {
        if (reader.options.wants(change.published.type)) reader.push(text());
      }
    }
  }

  #changed({ kind, subscription }: SubscriptionChange): void {
    const { id } = subscription;
    const text = once(() =>
      message(
        'subscription',
        kind === 'removed'
          ? { id, deleted: true }
          : subscriptionView(subscription, this.#options.engine.stats(id)),
      ),
    );
    for (const reader of this.#about(id)) reader.push(text());
  }

  *#about(id: SubscriptionId): Generator<StreamReader> {
    for (const reader of this.#readers) {
      if ((reader.options.subscriptionId ?? id) === id) yield reader;
    }
  }

  #listen(): () => void {
    const { engine, registry, clock } = this.#options;
    const ends = [
      engine.listen(this),
      registry.onChange((change) => this.#changed(change)),
      every(STATS_MS, clock, () => this.#tellStats(this.#readers)),
      every(COMMENT_MS, clock, () => {
        for (const reader of this.#readers) reader.pushComment(COMMENT);
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  async #tellStats(readers: Iterable<StreamReader>): Promise<void> {
    try {
      const text = message('stats', await this.#options.stats.live());
      for (const reader of readers) reader.setStats(text);
    } catch {
      // The store is closed, or fails: whoever asks it for something else hears why.
    }
  }
}

/** Made for the first who wants it, for all others as well. */
function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Begins anew once what it did is done; returns how to stop that. */
function every(ms: number, clock: Clock, work: () => void | Promise<void>): () => void {
  let timer: Timer;
  let isOver = false;
  const arm = (): void => {
    if (isOver) return;
    timer = clock.after(ms, () => void Promise.resolve(work()).then(arm));
  };
  arm();
  return () => {
    isOver = true;
    timer.cancel();
  };
}
