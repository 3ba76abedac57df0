import type { EnvelopeParts, EventData } from '../model/event.ts';
import type { SubscriptionFilter } from '../model/subscription-options.ts';
import type { Expressions } from '../util/expression/expressions.ts';
import { compilePatterns } from '../util/patterns.ts';

/** What a filter looks at. */
export interface FilteredEvent extends Omit<EnvelopeParts, 'data'> {
  readonly data: EventData;
}

/** Whether an event is wanted; a reason when `where` could not tell. */
export type Verdict = boolean | { readonly problem: string };
/** `envelope`: the event as JSON, which costs something to make. */
export type Filter = (event: FilteredEvent, envelope: () => string) => Verdict;

/**
 * Keys of `data` that name a party of the event: an extension or a number, or several. Whom a call rang, who
 * answered, held, parked, transferred or was transferred, an agent, a participant, a mailbox's owner and caller.
 * Not what someone only shows (`caller_number`), nor names.
 */
export const PARTY_KEYS = [
  'from_extension',
  'to_extension',
  'did',
  'extension',
  'caller_id',
  'answered_by',
  'held_by',
  'resumed_by',
  'transferred_by',
  'transferred_party',
  'transfer_destination',
  'parked_by',
  'parked_party',
  'retrieved_by',
  'agent_extension',
  'participant',
  'paged_by',
  'page_extension',
  'targets',
] as const;

/** All that is named must hold; an event without what is asked for (no queue, no direction) is not wanted. */
export function compileFilter(
  { extensions, direction, queues, where }: SubscriptionFilter,
  expressions: Expressions,
): Filter {
  const tests: Filter[] = [];
  if (direction !== undefined) {
    tests.push(({ data }) => direction.some((wanted) => data['direction'] === wanted));
  }
  if (queues !== undefined) {
    tests.push(({ data }) => queues.some((wanted) => data['queue'] === wanted));
  }
  if (extensions !== undefined) {
    const wants = compilePatterns(extensions);
    tests.push(({ data }) => PARTY_KEYS.some((key) => named(data[key]).some(wants)));
  }
  if (where !== undefined) {
    tests.push((_event, envelope) => verdictOf(where, envelope(), expressions));
  }
  return (event, envelope) => {
    for (const test of tests) {
      const verdict = test(event, envelope);
      if (verdict !== true) return verdict;
    }
    return true;
  };
}

function named(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function verdictOf(where: string, envelope: string, expressions: Expressions): Verdict {
  const evaluation = expressions.evaluate(where, envelope);
  if (evaluation.kind === 'failed') {
    return { problem: `filter.where could not be evaluated: ${evaluation.reason}` };
  }
  switch (evaluation.json) {
    case 'true':
      return true;
    case 'false':
    case undefined:
      return false;
    default:
      return {
        problem: `filter.where must give true or false, got ${evaluation.json.slice(0, 80)}: compare it, or wrap it in $exists( )`,
      };
  }
}
