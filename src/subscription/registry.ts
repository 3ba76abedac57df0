import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription } from '../model/subscription.ts';
import { CodedError } from '../util/error.ts';

/** What the config file or the API says of a subscription. */
export interface SubscriptionInput {
  readonly url: string;
  readonly events: readonly string[];
  readonly enabled?: boolean | undefined;
  readonly secret?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
}

export type SubscriptionChange =
  | { readonly kind: 'added' | 'changed'; readonly subscription: Subscription }
  | { readonly kind: 'removed'; readonly subscription: Subscription };

export class SubscriptionError extends CodedError<'subscription_exists' | 'subscription_unknown'> {}

/** The subscriptions of the config file and those of the API as one list, in memory and in the store. */
export interface SubscriptionRegistry {
  list(): readonly Subscription[];
  get(id: SubscriptionId): Subscription | undefined;
  byUrl(url: string): Subscription | undefined;
  /** The enabled subscriptions that want an event of this type. */
  matching(type: string): readonly Subscription[];
  /** Rejects with `subscription_exists` when the URL is taken. */
  add(input: SubscriptionInput): Promise<Subscription>;
  update(id: SubscriptionId, patch: Partial<SubscriptionInput>): Promise<Subscription>;
  remove(id: SubscriptionId): Promise<Subscription>;
  /** Makes the file's subscriptions what the file says: added, changed, removed; those of the API stay. */
  applyConfig(inputs: readonly SubscriptionInput[]): Promise<void>;
  /** Calls `listener` after each change has reached the disk; returns how to stop that. */
  onChange(listener: (change: SubscriptionChange) => void): () => void;
}
