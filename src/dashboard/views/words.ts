import type { Tone } from '../parts/status.tsx';
import type { Attempt, Delivery, DeliveryStatus, Lane, Subscription } from '../types.ts';

/** A state as people read it. */
export interface Word {
  readonly tone: Tone;
  readonly word: string;
}

const STATUS_WORDS: Readonly<Record<DeliveryStatus, Word>> = {
  delivered: { tone: 'good', word: 'Delivered' },
  pending: { tone: 'wait', word: 'Waiting' },
  dead: { tone: 'bad', word: 'Dead letter' },
  expired: { tone: 'idle', word: 'Expired' },
};

export const DELIVERY_STATUSES: readonly { readonly value: DeliveryStatus; readonly label: string }[] = [
  { value: 'delivered', label: 'Delivered' },
  { value: 'pending', label: 'Waiting' },
  { value: 'dead', label: 'Dead letter' },
  { value: 'expired', label: 'Expired' },
];

/** One that waits after a failed attempt is being retried. */
export function deliveryWord(status: DeliveryStatus, attempts: number): Word {
  return status === 'pending' && attempts > 0 ? { tone: 'warn', word: 'Retrying' } : STATUS_WORDS[status];
}

export function wordOf({ status, attempt_count }: Delivery): Word {
  return deliveryWord(status, attempt_count);
}

/** What a subscription does, with what its lane does now. */
export function subscriptionWord(subscription: Subscription, lane: Lane | undefined): Word {
  switch (subscription.disabled_reason) {
    case 'gone':
      return { tone: 'bad', word: 'Disabled: gone' };
    case 'failing':
      return { tone: 'bad', word: 'Disabled: failing' };
    default:
      if (!subscription.enabled) return { tone: 'idle', word: 'Disabled' };
      return laneWord(lane);
  }
}

function laneWord(lane: Lane | undefined): Word {
  switch (lane?.breaker) {
    case 'open':
      return { tone: 'bad', word: 'Failing' };
    case 'half_open':
      return { tone: 'warn', word: 'Being tried' };
    default:
      return { tone: 'good', word: 'Active' };
  }
}

/** What came of an attempt in a few words: `200`, `503`, `Connection timeout`. */
export function attemptWord({ status, error }: Pick<Attempt, 'status' | 'error'>): string {
  return error ?? (status === null ? 'no answer' : String(status));
}

export function hasSucceeded({ status, error }: Pick<Attempt, 'status' | 'error'>): boolean {
  return error === null && status !== null && status >= 200 && status < 300;
}
