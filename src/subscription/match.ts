import { envelopeOf } from '../model/event.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription } from '../model/subscription.ts';
import { Expressions } from '../util/expression/expressions.ts';
import { compilePatterns, type PatternMatcher } from '../util/patterns.ts';
import { compileFilter, type Filter, type FilteredEvent } from './filter.ts';

/** Hosts may publish types of their own making, so what is remembered is bounded. */
const MAX_REMEMBERED_TYPES = 1_000;

/** Who gets an event. */
export interface Matches {
  readonly wanting: readonly SubscriptionId[];
  /** Those of whose `where` nobody knows what it says of the event: it failed, or took too long. */
  readonly failing: readonly FailedMatch[];
}

export interface FailedMatch {
  readonly subscription: Subscription;
  readonly problem: string;
}

interface Known {
  readonly subscription: Subscription;
  readonly wants: PatternMatcher;
  readonly filter: Filter | undefined;
  /** The same, for events of the past. */
  readonly pastFilter: Filter | undefined;
}

/** The subscriptions that want a type; without a filter among them that is the answer for every event of the type. */
interface Candidates {
  readonly known: readonly Known[];
  readonly unfiltered: Matches | undefined;
}

/**
 * Which subscriptions want an event, disabled ones too: what they want is kept for them. Asked for every event, so
 * what can be said of its type is worked out once and remembered until a subscription changes; only filters look at
 * the event itself.
 */
export class SubscriptionMatcher {
  readonly #byType = new Map<string, Candidates>();
  readonly #known = new Map<SubscriptionId, Known>();
  readonly #expressions = new Expressions();
  /** Whoever looks back must not use up the time that expressions may take for what happens now. */
  readonly #pastExpressions = new Expressions();

  set(subscription: Subscription): void {
    const { filter } = subscription.options;
    this.#known.set(subscription.id, {
      subscription,
      wants: compilePatterns(subscription.events),
      filter: filter === undefined ? undefined : compileFilter(filter, this.#expressions),
      pastFilter: filter === undefined ? undefined : compileFilter(filter, this.#pastExpressions),
    });
    this.#byType.clear();
  }

  delete(id: SubscriptionId): void {
    this.#known.delete(id);
    this.#byType.clear();
  }

  matching(event: FilteredEvent): Matches {
    const { known, unfiltered } = this.#candidates(event.type);
    if (unfiltered !== undefined) {
      return unfiltered;
    }
    const envelope = envelopeMadeOnce(event);
    const wanting: SubscriptionId[] = [];
    const failing: FailedMatch[] = [];
    for (const { subscription, filter } of known) {
      const verdict = filter?.(event, envelope) ?? true;
      if (verdict === true) {
        wanting.push(subscription.id);
      } else if (verdict !== false) {
        failing.push({ subscription, problem: verdict.problem });
      }
    }
    return { wanting, failing };
  }

  /** Whether one subscription wants an event of the past; not where its `where` failed. */
  wants(id: SubscriptionId, event: FilteredEvent): boolean {
    const known = this.#known.get(id);
    if (known?.wants(event.type) !== true) return false;
    return (known.pastFilter?.(event, envelopeMadeOnce(event)) ?? true) === true;
  }

  #candidates(type: string): Candidates {
    const remembered = this.#byType.get(type);
    if (remembered !== undefined) {
      return remembered;
    }
    const known = [...this.#known.values()].filter(({ wants }) => wants(type));
    const filtered = known.some(({ filter }) => filter !== undefined);
    const wanting = known.map(({ subscription }) => subscription.id);
    const candidates = { known, unfiltered: filtered ? undefined : { wanting, failing: [] } };
    if (this.#byType.size >= MAX_REMEMBERED_TYPES) {
      this.#byType.clear();
    }
    this.#byType.set(type, candidates);
    return candidates;
  }
}

function envelopeMadeOnce(event: FilteredEvent): () => string {
  let made: string | undefined;
  return () => {
    made ??= envelopeOf({ ...event, data: JSON.stringify(event.data) });
    return made;
  };
}
