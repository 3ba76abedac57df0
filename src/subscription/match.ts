import { compileEvents, type TypeMatcher } from '../model/event-patterns.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription } from '../model/subscription.ts';

export { compileEvents, type TypeMatcher } from '../model/event-patterns.ts';

/** Hosts may publish types of their own making, so what is remembered is bounded. */
const MAX_REMEMBERED_TYPES = 1_000;

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
