import { describe, expect, it } from 'vitest';
import type { SubscriptionId } from '../../../src/model/ids.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import type { FilteredEvent } from '../../../src/subscription/filter.ts';
import { created } from '../../../src/subscription/input.ts';
import { SubscriptionMatcher } from '../../../src/subscription/match.ts';
import { micro } from '../../../src/util/clock.ts';
import { compilePatterns } from '../../../src/util/patterns.ts';

function subscription(url: string, events: string[], enabled = true): Subscription {
  return created({ url, events, enabled }, 'api', micro(0));
}

function event(type: string): FilteredEvent {
  return { id: `${type}-1`, type, occurredAt: micro(0), data: {} };
}

describe('events of a subscription', () => {
  it.each([
    [['call.started'], 'call.started', true],
    [['call.started'], 'call.started.late', false],
    [['call.started'], 'call.start', false],
    [['call.*'], 'call.ended', true],
    [['call.*'], 'callback.made', false],
    [['call.*'], 'call', false],
    [['conference.participant_*'], 'conference.participant_joined', true],
    [['conference.participant_*'], 'conference.started', false],
    [['*'], 'anything.at_all', true],
    [['voicemail.new', 'queue.*'], 'queue.call_added', true],
    [['voicemail.new', 'queue.*'], 'voicemail.read', false],
    [[], 'call.started', false],
  ])('%j asks for %s: %s', (events, type, wanted) => {
    expect(compilePatterns(events)(type)).toBe(wanted);
  });
});

describe('matcher', () => {
  it('answers with the same list until a subscription changes', () => {
    const matcher = new SubscriptionMatcher();
    const a = subscription('https://a.example/', ['call.*']);
    const b = subscription('https://b.example/', ['*']);
    matcher.set(a);
    const first = matcher.matching(event('call.started'));
    expect(matcher.matching(event('call.started'))).toBe(first);
    matcher.set(b);
    expect(matcher.matching(event('call.started')).wanting).toEqual([a.id, b.id]);
  });

  it('keeps asking for what is disabled, and forgets what was deleted', () => {
    const matcher = new SubscriptionMatcher();
    const one = subscription('https://a.example/', ['*']);
    const two = subscription('https://b.example/', ['*']);
    matcher.set(one);
    matcher.set(two);
    expect(matcher.matching(event('call.ended')).wanting).toHaveLength(2);
    const off = { ...one, enabled: false };
    matcher.set(off);
    expect(matcher.matching(event('call.ended')).wanting).toEqual([off.id, two.id]);
    matcher.delete(two.id);
    expect(matcher.matching(event('call.ended')).wanting).toEqual([off.id]);
    matcher.delete(one.id);
    expect(matcher.matching(event('call.ended')).wanting).toEqual([]);
  });

  it('answers rightly for more types than it remembers', () => {
    const matcher = new SubscriptionMatcher();
    matcher.set(subscription('https://a.example/', ['odd.*']));
    for (let n = 0; n < 5_000; n += 1) {
      const type = `${n % 2 === 0 ? 'even' : 'odd'}.${n}`;
      expect(matcher.matching(event(type)).wanting).toHaveLength(n % 2);
    }
  });

  it('gives what happens now the time that its expressions may take, whatever is asked of the past', () => {
    const matcher = new SubscriptionMatcher();
    const where = 'data.n > 0 ? $sum([1..9000000]) > 0 : true';
    const one = created({ url: 'https://a.example/', events: ['*'], filter: { where } }, 'api', micro(0));
    matcher.set(one);
    for (let n = 1; n <= 4; n += 1) {
      expect(matcher.wants(one.id, { ...event('call.started'), data: { n } })).toBe(false);
    }
    const now = { ...event('call.started'), data: { n: 0 } };
    expect(matcher.matching(now)).toEqual({ wanting: [one.id], failing: [] });
  });

  it('does not know an id that was never set', () => {
    const matcher = new SubscriptionMatcher();
    matcher.delete('sub_unknown' as SubscriptionId);
    expect(matcher.matching(event('call.started')).wanting).toEqual([]);
  });
});
