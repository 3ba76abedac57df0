import type { PbxEvent } from '../model/event.ts';
import type { EventId, SubscriptionId } from '../model/ids.ts';
import type { SubscriptionStats } from '../model/subscription.ts';

/** What delivers: takes events, keeps them, sends them until each receiver has them or gave up. */
export interface Engine {
  /** Resolves with the event's id when it and its deliveries are on disk; rejects with a StoreError. */
  publish(event: PbxEvent): Promise<EventId>;
  stats(id: SubscriptionId): SubscriptionStats;
  /** Whether events can be stored and sent right now, and if not why. */
  health(): EngineHealth;
  /** Takes no more events, lets attempts in flight finish for at most `graceMs`, keeps the rest on disk. */
  stop(graceMs: number): Promise<void>;
}

export type EngineHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'failing'; readonly reason: string };
