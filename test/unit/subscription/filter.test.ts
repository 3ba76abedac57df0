import { describe, expect, it, test } from 'vitest';
import { envelopeOf } from '../../../src/model/event.ts';
import { EVENT_CATALOGUE } from '../../../src/model/event-types.ts';
import type { SubscriptionFilter } from '../../../src/model/subscription-options.ts';
import {
  compileFilter,
  type FilteredEvent,
  PARTY_KEYS,
  type Verdict,
} from '../../../src/subscription/filter.ts';
import { created } from '../../../src/subscription/input.ts';
import { SubscriptionMatcher } from '../../../src/subscription/match.ts';
import { micro } from '../../../src/util/clock.ts';
import { Expressions } from '../../../src/util/expression/expressions.ts';

function eventOf(data: FilteredEvent['data'], type = 'call.ended'): FilteredEvent {
  return { id: `${type}-1`, type, occurredAt: micro(0), data };
}

const CALL = { from_extension: '1001', to_extension: '1002', direction: 'internal', duration: 66 };
const expressions = new Expressions();

function verdictOn(filter: SubscriptionFilter, data: FilteredEvent['data']): Verdict {
  const event = eventOf(data);
  const envelope = () => envelopeOf({ ...event, data: JSON.stringify(data) });
  return compileFilter(filter, expressions)(event, envelope);
}

describe('a filter', () => {
  const table: readonly (readonly [SubscriptionFilter, FilteredEvent['data'], boolean])[] = [
    [{}, CALL, true],
    [{ extensions: ['1001'] }, CALL, true],
    [{ extensions: ['1002'] }, CALL, true],
    [{ extensions: ['1003', '1002'] }, CALL, true],
    [{ extensions: ['1003'] }, CALL, false],
    [{ extensions: ['100'] }, CALL, false],
    [{ extensions: ['10*'] }, CALL, true],
    [{ extensions: ['2*'] }, CALL, false],
    [{ extensions: ['*'] }, CALL, true],
    [{ extensions: ['*'] }, { pbx: 'main' }, false],
    [{ extensions: ['1002'] }, { extension: '1002', caller_id: '+4930123' }, true],
    [{ extensions: ['+49*'] }, { extension: '1002', caller_id: '+4930123' }, true],
    [{ extensions: ['1002'] }, { agent: '1002', agent_extension: '1005' }, false],
    [{ extensions: ['1005'] }, { agent: 'Bob', agent_extension: '1005' }, true],
    [{ extensions: ['1003'] }, { targets: ['1002', '1003'] }, true],
    [{ extensions: ['1003'] }, { answered_by: ['1003'] }, true],
    [{ extensions: ['1001'] }, { from_extension: 1001 }, false],
    [{ extensions: ['1001'] }, { caller_name: '1001', caller_number: '1001' }, false],
    [{ direction: ['internal'] }, CALL, true],
    [{ direction: ['inbound', 'outbound'] }, CALL, false],
    [{ direction: ['inbound'] }, {}, false],
    [{ queues: ['support'] }, { queue: 'support' }, true],
    [{ queues: ['support'] }, { queue: 'Support' }, false],
    [{ queues: ['support'] }, CALL, false],
    [{ where: 'data.duration > 30' }, CALL, true],
    [{ where: 'data.duration > 100' }, CALL, false],
    [{ where: 'data.duration > 30' }, {}, false],
    [{ where: 'event_type = "call.ended"' }, CALL, true],
    [{ extensions: ['1001'], direction: ['internal'], where: 'data.duration > 30' }, CALL, true],
    [{ extensions: ['1001'], direction: ['inbound'], where: 'data.duration > 30' }, CALL, false],
    [{ extensions: ['9'], where: '$error("never asked")' }, CALL, false],
    [{ extensions: ['toString', '__proto__', 'constructor'] }, {}, false],
  ];
  it.each(table)('%j of %j: %s', (filter, data, wanted) => {
    expect(verdictOn(filter, data)).toBe(wanted);
  });

  it.each([
    ['data.duration', /must give true or false, got 66/],
    ['data.from_extension', /must give true or false, got "1001"/],
    ['data.from_extension > 3', /could not be evaluated: .*character/],
    ['( $f := function($x) { $f($x) }; $f(1) )', /longer than 50 ms/],
  ])('where %s gives a reason', (where, problem) => {
    expect(verdictOn({ where }, CALL)).toEqual({
      problem: expect.stringMatching(problem),
    });
  });
});

test('every key of the catalogue that names an extension or a number is one of the parties, or known not to be', () => {
  const shown = ['caller_number', 'called_number', 'account_code', 'parking_space', 'conference', 'queue'];
  const digits = /^\d{2,6}$/;
  const holds = (value: unknown) =>
    [value].flat().some((entry) => typeof entry === 'string' && digits.test(entry));
  const found = new Set(
    EVENT_CATALOGUE.flatMap(({ sample }) =>
      Object.entries(sample).flatMap(([key, value]) => (holds(value) ? [key] : [])),
    ),
  );
  const known: ReadonlySet<string> = new Set([...PARTY_KEYS, ...shown, 'page_id']);
  expect([...found].filter((key) => !known.has(key))).toEqual([]);
  expect(found.size).toBeGreaterThan(10);
});

describe('the matcher', () => {
  const at = micro(0);
  it('asks filters for each event, and the others once for their type', () => {
    const matcher = new SubscriptionMatcher();
    const all = created({ url: 'https://a.example/', events: ['*'] }, 'api', at);
    const some = created(
      { url: 'https://b.example/', events: ['call.*'], filter: { extensions: ['1001'] } },
      'api',
      at,
    );
    matcher.set(all);
    matcher.set(some);
    expect(matcher.matching(eventOf(CALL)).wanting).toEqual([all.id, some.id]);
    expect(matcher.matching(eventOf({})).wanting).toEqual([all.id]);
    expect(matcher.matching(eventOf(CALL, 'voicemail.new')).wanting).toEqual([all.id]);
    matcher.delete(some.id);
    expect(matcher.matching(eventOf({}))).toBe(matcher.matching(eventOf(CALL)));
  });

  it('tells of one whose where fails, and of the others as ever', () => {
    const matcher = new SubscriptionMatcher();
    const all = created({ url: 'https://a.example/', events: ['*'] }, 'api', at);
    const broken = created(
      { url: 'https://b.example/', events: ['*'], filter: { where: '$error("no")' } },
      'api',
      at,
    );
    matcher.set(broken);
    matcher.set(all);
    expect(matcher.matching(eventOf(CALL))).toEqual({
      wanting: [all.id],
      failing: [{ subscription: broken, problem: expect.stringContaining('no') }],
    });
  });
});
