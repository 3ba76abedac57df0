import { describe, expect, test } from 'vitest';
import { type Leg, Legs } from '../../../../src/source/sip/leg.ts';
import { micro } from '../../../../src/util/clock.ts';

const MINUTE = 60e6;

function incoming(legs: Legs, dialog: string, at = 0, tag = 'a'): Leg {
  const party = { endpoint: '1001', number: '1001', name: undefined };
  const [caller, onBehalfOf] = [undefined, undefined];
  const leg = { party, exten: '100', dialog, firstTag: tag, tag, state: 'ring', caller, onBehalfOf } as const;
  return legs.add(leg, undefined, micro(at));
}

describe('legs', () => {
  test('that nobody answers make no call go, however many they are', () => {
    const legs = new Legs();
    const call = incoming(legs, 'call');
    legs.markTold(call);
    for (let scans = 0; scans < 30_000; scans += 1) incoming(legs, `scan-${scans}`);
    expect(legs.of('call')).toEqual([call]);
    expect([...legs.all()].length).toBeLessThan(10_000);
    expect(legs.of('scan-29999')).toHaveLength(1);
  });

  test('that nobody answers make no call go that others hang on to, and are few in one dialog', () => {
    const legs = new Legs();
    const call = incoming(legs, 'call');
    legs.markTold(call);
    for (let scans = 0; scans < 1_000; scans += 1) incoming(legs, 'call', 0, `tag-${scans}`);
    expect(legs.of('call')[0]).toBe(call);
    expect(legs.of('call').length).toBeLessThan(10);
  });

  test('that nobody answers are there for some minutes only', () => {
    const legs = new Legs();
    const call = incoming(legs, 'call');
    legs.markTold(call);
    incoming(legs, 'scan');
    incoming(legs, 'later', 3 * MINUTE);
    expect([...legs.all()].map(({ dialog }) => dialog)).toEqual(['call', 'scan', 'later']);
    incoming(legs, 'last', 6 * MINUTE);
    expect([...legs.all()].map(({ dialog }) => dialog)).toEqual(['call', 'later', 'last']);
  });

  test('that were let go do not come back when they are told', () => {
    const legs = new Legs();
    const leg = incoming(legs, 'call');
    legs.remove(leg);
    legs.markTold(leg);
    expect([...legs.all()]).toEqual([]);
  });
});
