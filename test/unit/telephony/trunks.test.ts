import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/telephony/facts.ts';
import { createTracker } from '../../../src/telephony/tracker.ts';
import type { ListedTrunk, TrunkState } from '../../../src/telephony/trunk-facts.ts';
import { micro } from '../../../src/util/clock.ts';
import { TEST_OPTIONS } from '../../support/ami-stream.ts';

const at = (seconds: number) => micro((1_795_448_700 + seconds) * 1e6);
const trunk = {
  accountKind: 'pjsip',
  account: 'sip:acct1@prov.example',
  server: 'sip:prov.example',
} as const;

const told = (seconds: number, status: TrunkState['status'], reason?: string): Fact => ({
  kind: 'trunk.told',
  at: at(seconds),
  trunk: { ...trunk, status, reason },
});
const listed = (seconds: number, ...trunks: ListedTrunk[]): Fact => ({
  kind: 'trunks.listed',
  at: at(seconds),
  accountKinds: ['pjsip'],
  trunks,
});
const inList = (status: TrunkState['status']): ListedTrunk => ({ ...trunk, status, name: 'acme' });
const running = (seconds: number): Fact[] => [
  { kind: 'pbx.connected', at: at(seconds) },
  { kind: 'pbx.booted', at: at(seconds) },
];

/** What is told of trunks until `until`: second, type and data. */
function eventsOf(facts: readonly Fact[], until = 1_000): unknown[] {
  const tracker = createTracker(TEST_OPTIONS);
  const events = facts.flatMap((fact) => [...tracker.apply(fact)]);
  events.push(...tracker.settle(at(until)));
  return events
    .filter(({ type }) => type.startsWith('trunk.'))
    .map(({ type, occurredAt, data: { timestamp: _, pbx: __, ...data } }) => [
      type.slice('trunk.'.length),
      (occurredAt - at(0)) / 1e6,
      data,
    ]);
}

describe('a trunk', () => {
  test('that is registered and stays so is nothing, however often it is told', () => {
    const refreshes = [10, 60, 110].map((seconds) => told(seconds, 'registered'));
    expect(eventsOf([...running(0), listed(1, inList('registered')), ...refreshes])).toEqual([]);
    expect(eventsOf([...running(0), ...refreshes])).toEqual([]);
  });

  test('that the provider refuses again and again is told once, and once that it is back', () => {
    const facts = [
      told(10, 'failed', 'rejected'),
      told(14, 'failed', 'rejected'),
      told(18, 'failed', 'rejected'),
      told(22, 'registered'),
      told(72, 'registered'),
    ];
    expect(eventsOf([...running(0), listed(1, inList('registered')), ...facts])).toEqual([
      ['unregistered', 10, { trunk: 'acme', reason: 'rejected' }],
      ['registered', 22, { trunk: 'acme' }],
    ]);
  });

  test('that registers anew on command is nothing; that does not come back is gone since it was given up', () => {
    const start = [...running(0), listed(1, inList('registered')), told(10, 'ended', 'unregistered')];
    expect(eventsOf([...start, told(20, 'registered')])).toEqual([]);
    expect(eventsOf(start, 24)).toEqual([]);
    expect(eventsOf(start, 25)).toEqual([['unregistered', 10, { trunk: 'acme', reason: 'unregistered' }]]);
    expect(eventsOf([...start, told(12, 'failed', 'rejected')])).toEqual([
      ['unregistered', 12, { trunk: 'acme', reason: 'rejected' }],
    ]);
  });

  test('that was not there when all were listed is news once it registers', () => {
    expect(eventsOf([...running(0), listed(1), told(10, 'registered')])).toEqual([
      ['registered', 10, { trunk: 'acct1@prov.example' }],
    ]);
  });

  test('that nobody knows yet is told when it fails', () => {
    expect(eventsOf([...running(0), told(10, 'failed', 'timeout'), told(30, 'failed', 'timeout')])).toEqual([
      ['unregistered', 10, { trunk: 'acct1@prov.example', reason: 'timeout' }],
    ]);
  });

  test('that changed while nobody looked is told as found out', () => {
    const before = [...running(0), listed(1, inList('registered'))];
    expect(eventsOf([...before, ...running(60), listed(61, inList('registered'))])).toEqual([]);
    expect(
      eventsOf([...before, ...running(60), listed(61, { ...inList('failed'), reason: 'rejected' })]),
    ).toEqual([['unregistered', 61, { trunk: 'acme', reason: 'rejected', inferred: true }]]);
    expect(eventsOf([...before, ...running(60), listed(61)])).toEqual([
      ['unregistered', 61, { trunk: 'acme', reason: 'removed', inferred: true }],
    ]);
    const failed = [...running(0), listed(1, inList('failed'))];
    expect(eventsOf([...failed, ...running(60), listed(61, inList('registered'))])).toEqual([
      ['registered', 61, { trunk: 'acme', inferred: true }],
    ]);
  });

  test('of a PBX that restarts is nothing, if it registers again soon', () => {
    const facts = [
      ...running(0),
      listed(1, inList('registered')),
      told(10, 'ended', 'unregistered'),
      { kind: 'pbx.disconnected', at: at(11), reason: 'it shut down' },
      { kind: 'pbx.connected', at: at(12) },
      told(12.1, 'ended', 'unregistered'),
      { kind: 'pbx.booted', at: at(13) },
      listed(13.1, inList('ended')),
      told(19, 'registered'),
    ] satisfies Fact[];
    expect(eventsOf(facts)).toEqual([]);
  });

  test('that was given up before a restart of the plugin is judged by the list that comes after it', () => {
    const first = createTracker(TEST_OPTIONS, []);
    for (const fact of [...running(0), listed(1, inList('registered')), told(10, 'ended', 'unregistered')])
      first.apply(fact);
    const restartedWith = (list: ListedTrunk): unknown[] => {
      const again = createTracker(TEST_OPTIONS, first.allMemos());
      const facts = [...running(60), listed(61, list)];
      return [...facts.flatMap((fact) => [...again.apply(fact)]), ...again.settle(at(1_000))]
        .filter(({ type }) => type.startsWith('trunk.'))
        .map(({ type, data }) => [type, data['reason']]);
    };
    expect(restartedWith(inList('registered'))).toEqual([]);
    expect(restartedWith(inList('ended'))).toEqual([['trunk.unregistered', 'unregistered']]);
  });

  test('whose list is older than what was told meanwhile is as it was told', () => {
    const before = [...running(0), listed(1, inList('registered')), ...running(60)];
    expect(eventsOf([...before, told(61, 'failed', 'rejected'), listed(62, inList('registered'))])).toEqual([
      ['unregistered', 61, { trunk: 'acme', reason: 'rejected' }],
    ]);
  });
});
