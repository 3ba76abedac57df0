import { isDeepStrictEqual } from 'node:util';
import type { SubscriptionId } from '../model/ids.ts';
import type { DisabledReason, Subscription } from '../model/subscription.ts';
import type { Store } from '../store/store.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import { type Logger, silentLogger } from '../util/log.ts';
import { maskedUrl } from '../util/masked-url.ts';
import type { FilteredEvent } from './filter.ts';
import {
  complete,
  created,
  declared,
  patched,
  rotated,
  type SignedSubscription,
  type SubscriptionInput,
  type SubscriptionPatch,
} from './input.ts';
import { type Matches, SubscriptionMatcher } from './match.ts';

export type { SubscriptionInput, SubscriptionPatch } from './input.ts';

export interface SubscriptionChange {
  /** `noted`: something about its receiver is remembered; all that anybody asked for is as it was. */
  readonly kind: 'added' | 'changed' | 'noted' | 'removed';
  readonly subscription: Subscription;
}

export class SubscriptionError extends CodedError<'subscription_exists' | 'subscription_unknown'> {}

/**
 * The subscriptions of the config file and those of the API as one list, in memory and in the store. Changes are
 * made one after the other; each is on disk before it shows here. Where the store refuses one, the promise rejects
 * with its StoreError and nothing has changed.
 */
export interface SubscriptionRegistry {
  /** Oldest first. */
  list(): readonly Subscription[];
  get(id: SubscriptionId): Subscription | undefined;
  /** Throws `subscription_unknown`. */
  require(id: SubscriptionId): Subscription;
  /** By any spelling of the URL that means the same. */
  byUrl(url: string): Subscription | undefined;
  /** The subscriptions that want this event; for a disabled one it is kept until that is enabled. */
  matching(event: FilteredEvent): Matches;
  /** Whether one subscription wants an event of the past. May take as long as an expression may: once for each turn. */
  wants(id: SubscriptionId, event: FilteredEvent): boolean;
  /** Rejects with `subscription_exists` when the URL is taken. */
  add(input: SubscriptionInput): Promise<Subscription>;
  /**
   * A secret that is replaced signs as well for 24 h; with one taken away none signs. Rejects with
   * `subscription_unknown`, or `subscription_exists` when the new URL is another's.
   */
  update(id: SubscriptionId, patch: SubscriptionPatch): Promise<Subscription>;
  /** Stops sending to it for a reason that nobody asked for, until someone enables it again; not if it is disabled. */
  disable(id: SubscriptionId, reason: DisabledReason): Promise<Subscription>;
  /** Remembers since when it fails, over restarts; undefined once it is well. Does nothing if it is gone. */
  setFailingSince(id: SubscriptionId, since: Micros | undefined): Promise<void>;
  /**
   * Remembers until when the receiver wants to be left alone, over restarts: the latest time told, to the second
   * above, so that many answers at once are one write. Does nothing if it is gone.
   */
  setPausedUntil(id: SubscriptionId, until: Micros): Promise<void>;
  /** A new secret signs from now on; the one before it as well for `overlapSeconds`. */
  rotateSecret(id: SubscriptionId, overlapSeconds: number): Promise<SignedSubscription>;
  /** Rejects with `subscription_unknown`. */
  remove(id: SubscriptionId): Promise<Subscription>;
  /**
   * Makes the file's subscriptions what the file says: added, changed, removed; those of the API stay. The URL tells
   * which is which, so one keeps its id, counters and backlog. A URL that the API made and the file now names
   * becomes the file's: with the file's values, and gone once the file drops it. What the API changed of a file's
   * subscription lasts until the next call, but one that the receiver made us disable stays disabled.
   */
  applyConfig(inputs: readonly SubscriptionInput[]): Promise<void>;
  /** Whether the config file names this subscription by the URL that it has now, not one that the API gave it. */
  namedByConfig(subscription: Subscription): boolean;
  /** Calls `listener` after each change has reached the disk; returns how to stop that. */
  onChange(listener: (change: SubscriptionChange) => void): () => void;
}

export interface RegistryOptions {
  readonly store: Pick<Store, 'subscriptions' | 'saveSubscription' | 'removeSubscription'>;
  readonly clock: Clock;
  /** Told of what nobody asked for, of deliveries that went with their subscription, and when a listener throws. */
  readonly logger?: Logger | undefined;
}

const SECOND = 1_000_000;

/** Reads the subscriptions of earlier runs from the store, which must be open. */
export async function createRegistry(options: RegistryOptions): Promise<SubscriptionRegistry> {
  const records = await options.store.subscriptions();
  const known = records.map(({ subscription }) => complete(subscription));
  return new Registry(options, known);
}

class Registry implements SubscriptionRegistry {
  readonly #store: RegistryOptions['store'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #byId = new Map<SubscriptionId, Subscription>();
  readonly #idByUrl = new Map<string, SubscriptionId>();
  readonly #matcher = new SubscriptionMatcher();
  /** What the config file names. */
  #fileUrls: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<(change: SubscriptionChange) => void>();
  /** Settles when the last change asked for is done; never rejects. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: RegistryOptions, known: readonly Subscription[]) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger ?? silentLogger;
    for (const subscription of known) {
      this.#remember(subscription);
    }
  }

  list(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  get(id: SubscriptionId): Subscription | undefined {
    return this.#byId.get(id);
  }

  require(id: SubscriptionId): Subscription {
    const subscription = this.#byId.get(id);
    if (subscription === undefined) {
      throw new SubscriptionError('subscription_unknown', `There is no subscription ${id}`);
    }
    return subscription;
  }

  byUrl(url: string): Subscription | undefined {
    const id = this.#idByUrl.get(URL.parse(url)?.href ?? url);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  matching(event: FilteredEvent): Matches {
    return this.#matcher.matching(event);
  }

  wants(id: SubscriptionId, event: FilteredEvent): boolean {
    return this.#matcher.wants(id, event);
  }

  add(input: SubscriptionInput): Promise<Subscription> {
    return this.#inTurn(() => this.#add(input, 'api'));
  }

  update(id: SubscriptionId, patch: SubscriptionPatch): Promise<Subscription> {
    return this.#inTurn(() => {
      const before = this.require(id);
      return this.#save(before, patched(before, patch, this.#clock.now()));
    });
  }

  disable(id: SubscriptionId, reason: DisabledReason): Promise<Subscription> {
    return this.#inTurn(async () => {
      const before = this.require(id);
      if (!before.enabled) {
        return before;
      }
      const after = await this.#save(before, { ...before, enabled: false, disabledReason: reason });
      this.#logger.warn(
        `Subscription disabled (${reason}): ${maskedUrl(after.url)}; its events are kept until it is enabled again`,
      );
      return after;
    });
  }

  setFailingSince(id: SubscriptionId, since: Micros | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#byId.get(id);
      if (before !== undefined) await this.#save(before, { ...before, failingSince: since }, 'noted');
    });
  }

  setPausedUntil(id: SubscriptionId, until: Micros): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#byId.get(id);
      if (before === undefined || until <= (before.pausedUntil ?? 0)) return;
      const after = { ...before, pausedUntil: micro(Math.ceil(until / SECOND) * SECOND) };
      await this.#save(before, after, 'noted');
    });
  }

  rotateSecret(id: SubscriptionId, overlapSeconds: number): Promise<SignedSubscription> {
    return this.#inTurn(async () => {
      const before = this.require(id);
      const after = rotated(before, overlapSeconds, this.#clock.now());
      await this.#save(before, after);
      return after;
    });
  }

  remove(id: SubscriptionId): Promise<Subscription> {
    return this.#inTurn(() => this.#remove(this.require(id)));
  }

  applyConfig(inputs: readonly SubscriptionInput[]): Promise<void> {
    return this.#inTurn(async () => {
      const named = new Set<SubscriptionId>();
      const before = this.#fileUrls;
      this.#fileUrls = new Set(inputs.map(({ url }) => url));
      for (const input of inputs) {
        const known = this.byUrl(input.url);
        const after =
          known === undefined
            ? await this.#add(input, 'config')
            : await this.#save(known, declared(known, input, this.#clock.now()));
        named.add(after.id);
        // The file has caught up with the API: nothing of the subscription changed but who vouches for its URL.
        if (after === known && !before.has(after.url)) this.#tell({ kind: 'changed', subscription: after });
      }
      for (const subscription of this.list()) {
        if (subscription.origin === 'config' && !named.has(subscription.id)) {
          await this.#remove(subscription);
        }
      }
    });
  }

  namedByConfig({ origin, url }: Subscription): boolean {
    return origin === 'config' && this.#fileUrls.has(url);
  }

  onChange(listener: (change: SubscriptionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(change);
    this.#tail = done.catch(() => {});
    return done;
  }

  async #add(input: SubscriptionInput, origin: Subscription['origin']): Promise<Subscription> {
    this.#refuseTaken(input.url);
    const subscription = created(input, origin, this.#clock.now());
    await this.#store.saveSubscription(subscription);
    this.#remember(subscription);
    this.#tell({ kind: 'added', subscription });
    return subscription;
  }

  async #save(
    before: Subscription,
    after: Subscription,
    kind: 'changed' | 'noted' = 'changed',
  ): Promise<Subscription> {
    if (isDeepStrictEqual(before, after)) {
      return before;
    }
    if (before.url !== after.url) {
      this.#refuseTaken(after.url);
    }
    await this.#store.saveSubscription(after);
    this.#idByUrl.delete(before.url);
    this.#remember(after);
    this.#tell({ kind, subscription: after });
    return after;
  }

  async #remove(subscription: Subscription): Promise<Subscription> {
    const waiting = await this.#store.removeSubscription(subscription.id);
    if (waiting > 0) {
      this.#logger.warn(
        `Subscription removed: ${maskedUrl(subscription.url)}; ${waiting} waiting deliveries went with it`,
      );
    }
    this.#byId.delete(subscription.id);
    this.#idByUrl.delete(subscription.url);
    this.#matcher.delete(subscription.id);
    this.#tell({ kind: 'removed', subscription });
    return subscription;
  }

  #refuseTaken(url: string): void {
    if (this.#idByUrl.has(url)) {
      throw new SubscriptionError(
        'subscription_exists',
        `A subscription for ${url} exists already; change or delete that one`,
      );
    }
  }

  #remember(subscription: Subscription): void {
    this.#byId.set(subscription.id, subscription);
    this.#idByUrl.set(subscription.url, subscription.id);
    this.#matcher.set(subscription);
  }

  #tell(change: SubscriptionChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error(`A listener for changed subscriptions failed: ${reasonOf(error)}`);
      }
    }
  }
}
