import { describe, expect, it } from 'vitest';
import { fromLocalInput, localInput, rangeOf } from '../../../src/dashboard/route/period.ts';
import { hrefOf, parseRoute, type Route, withFilter } from '../../../src/dashboard/route/route.ts';

const ROUTES: readonly Route[] = [
  { view: 'overview' },
  { view: 'subscriptions' },
  { view: 'subscription-new' },
  { view: 'subscription', id: 'sub_1' },
  { view: 'subscription-edit', id: 'sub_1' },
  { view: 'deliveries', filter: {} },
  { view: 'deliveries', filter: { subscription: 'sub_1', type: 'call.*', status: 'dead', last: '1h' } },
  { view: 'delivery', id: 17 },
  { view: 'calls' },
  { view: 'call', id: '1795447161.0/a?b#c d%' },
  { view: 'event', id: 'call.ended-1795447161737-1' },
  { view: 'dead-letters', filter: { since: '2026-11-29T12:00:00.000Z' } },
  { view: 'live', filter: { type: 'voicemail.new' } },
  { view: 'catalogue' },
  { view: 'catalogue', type: 'call.ended' },
];

describe('a route', () => {
  it.each(ROUTES.map((route) => [hrefOf(route), route] as const))(
    '%s is read as it was written',
    (href, route) => {
      expect(parseRoute(href)).toEqual(route);
    },
  );

  it('of an empty hash is the overview', () => {
    expect(parseRoute('')).toEqual({ view: 'overview' });
    expect(parseRoute('#')).toEqual({ view: 'overview' });
    expect(parseRoute('#/')).toEqual({ view: 'overview' });
  });

  it.each(['#/nowhere', '#/deliveries/x', '#/deliveries/0', '#/overview/1'])('%s is none', (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'unknown' });
  });

  it('that is cut within an escape is read as far as it goes', () => {
    expect(parseRoute('#/calls/a%2')).toEqual({ view: 'call', id: 'a%2' });
  });

  it('takes no filter that it does not know, nor an empty one', () => {
    expect(parseRoute('#/deliveries?type=call.ended&status=&evil=1')).toEqual({
      view: 'deliveries',
      filter: { type: 'call.ended' },
    });
  });
});

describe('a filter', () => {
  it('loses a key whose value is emptied', () => {
    expect(withFilter({ type: 'a', status: 'dead' }, 'type', '')).toEqual({ status: 'dead' });
    expect(withFilter({ type: 'a' }, 'type', 'b')).toEqual({ type: 'b' });
  });

  it('asks for a period up to now, or from one time to another', () => {
    const now = Date.parse('2026-11-29T12:00:00Z');
    expect(rangeOf({ last: '1h' }, now)).toEqual({ since: '2026-11-29T11:00:00.000Z' });
    expect(rangeOf({ since: '2026-11-29T10:00:00Z', until: 'soon' }, now)).toEqual({
      since: '2026-11-29T10:00:00.000Z',
    });
    expect(rangeOf({ last: 'ever' }, now)).toEqual({});
  });

  it('takes local times to the minute and gives them back', () => {
    expect(fromLocalInput(localInput('2026-11-29T10:07:00.000Z'))).toBe('2026-11-29T10:07:00.000Z');
    expect(localInput(undefined)).toBe('');
    expect(fromLocalInput('')).toBe('');
  });
});
