import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription } from '../model/subscription.ts';

/** Says of an event type whether a subscription's `events` ask for it. */
export type TypeMatcher = (type: string) => boolean;

/** Hosts may publish types of their own making, so what is remembered is bounded. */
const MAX_REMEMBERED_TYPES = 1_000;

/**
 * Compiles `events`: exact names, `*` for all, and a trailing `*` for all that begin so (`call.*`). That a `*`
 * stands nowhere else is seen to where subscriptions come in (rules.ts).
 */
export function compileEvents(events: readonly string[]): TypeMatcher {
  if (events.includes('*')) {
    return () => true;
  }
  const exact = new Set(events.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = events.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}

/**
 * Which subscriptions want a type, disabled ones too: what they want is kept for them. Asked for every event, so
 * a type's answer is worked out once and remembered until a subscription changes.
 */
export class SubscriptionMatcher {
  readonly #byType = new Map<string, readonly Subscription[]>();
  readonly #known = new Map<
    SubscriptionId,
    { readonly subscription: Subscription; readonly wants: TypeMatcher }
  >();

  set(subscription: Subscription): void {
    this.#known.set(subscription.id, { subscription, wants: compileEvents(subscription.events) });
    this.#byType.clear();
  }

  delete(id: SubscriptionId): void {
    this.#known.delete(id);
    this.#byType.clear();
  }

  matching(type: string): readonly Subscription[] {
    const remembered = this.#byType.get(type);
    if (remembered !== undefined) {
      return remembered;
    }
    const found = [...this.#known.values()]
      .filter(({ wants }) => wants(type))
      .map(({ subscription }) => subscription);
    if (this.#byType.size >= MAX_REMEMBERED_TYPES) {
      this.#byType.clear();
    }
    this.#byType.set(type, found);
    return found;
  }
}
