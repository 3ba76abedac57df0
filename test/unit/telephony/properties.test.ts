import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PbxEvent } from '../../../src/model/event.ts';
import type { Fact } from '../../../src/telephony/facts.ts';
import type { TelephonyOptions } from '../../../src/telephony/options.ts';
import { createTracker } from '../../../src/telephony/tracker.ts';
import { micro } from '../../../src/util/clock.ts';
import { eventsOf, TEST_OPTIONS } from '../../support/ami-stream.ts';
import { wrongByCatalogue } from '../../support/catalogue.ts';
import { differences } from '../../support/expectation.ts';
import {
  anyPart,
  brokenRules,
  hangUpAll,
  leftOpen,
  ofCalls,
  type Recording,
  readRecordings,
  retold,
} from '../../support/fact-streams.ts';
import { scrambled } from '../../support/scramble.ts';

const recordings = readRecordings();
const withCalls = recordings.filter(({ facts }) => ofCalls(facts).length > 0);
// By name, so that a failing case is shown in one line.
const anyName = fc.constantFrom(...withCalls.map(({ name }) => name));
const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

function recording(name: string): Recording {
  const found = recordings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

/** Deterministic numbers between 0 and 1, so that a failing case is told by its seed alone. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** What a tracker tells, and what it keeps when all channels are gone. */
function runAndHangUp(facts: readonly Fact[], options: TelephonyOptions) {
  const tracker = createTracker(options);
  const events: PbxEvent[] = [];
  for (const fact of [...facts, ...hangUpAll(facts)]) events.push(...tracker.apply(fact));
  events.push(...tracker.settle(micro(Number.POSITIVE_INFINITY)));
  return { events, kept: tracker.size() };
}

describe('rules that hold for every stream', () => {
  it.each(recordings)('$name: all that is told stands in the catalogue', ({ facts, options }) => {
    const events = eventsOf(facts, options);
    expect(events.map(wrongByCatalogue)).toEqual(events.map(() => ''));
  });

  it.each(withCalls)('$name: nothing is kept of calls that are over', ({ facts, options }) => {
    const { kept } = runAndHangUp(facts, options);
    expect(kept).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it.each(withCalls.filter(({ name }) => !name.endsWith('15g_kill9_before')))(
    '$name: nothing is left when it is over',
    ({ facts, options }) => {
      const tracker = createTracker(options);
      for (const fact of facts) tracker.apply(fact);
      tracker.settle(micro(Number.POSITIVE_INFINITY));
      expect(tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
      expect(tracker.deadline()).toBeUndefined();
    },
  );

  it('a PBX that was killed in mid-call: its next start tells that the call is over', () => {
    const connections = recordings.filter(({ name }) => /15[gh]_kill9/.test(name));
    const events = eventsOf(
      connections.flatMap(({ facts }) => facts),
      TEST_OPTIONS,
    );
    expect(brokenRules(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'call.ended').map(({ data }) => data)).toMatchObject([
      { disposition: 'answered', answered_by: '1002', inferred: true },
    ]);
  });

  it('any prefix: one start, at most one answer, at most one end', () => {
    fc.assert(
      fc.property(anyName, anyPart, (name, part) => {
        const { facts, options } = recording(name);
        const prefix = facts.slice(0, Math.round(facts.length * part));
        expect(brokenRules(eventsOf(prefix, options))).toEqual([]);
        expect(brokenRules(runAndHangUp(prefix, options).events)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('any suffix, as after a login in mid-call', () => {
    fc.assert(
      fc.property(anyName, anyPart, (name, part) => {
        const { facts, options } = recording(name);
        const suffix = facts.slice(Math.round(facts.length * part));
        const { events, kept } = runAndHangUp(suffix, options);
        expect(brokenRules(events)).toEqual([]);
        expect(leftOpen(events)).toEqual([]);
        expect(kept).toMatchObject({ channels: 0, calls: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('any events lost or told twice', () => {
    fc.assert(
      fc.property(anyName, seed, fc.constantFrom(0.02, 0.2, 0.6), (name, from, rate) => {
        const { facts, options } = recording(name);
        const next = random(from);
        const damaged = facts.flatMap((fact) => {
          const dice = next();
          return dice < rate ? [] : dice > 1 - rate / 2 ? [fact, fact] : [fact];
        });
        const { events, kept } = runAndHangUp(damaged, options);
        expect(brokenRules(events)).toEqual([]);
        expect(leftOpen(events)).toEqual([]);
        expect(kept).toMatchObject({ channels: 0, calls: 0 });
      }),
      { numRuns: 600 },
    );
  });

  it('any order at all', () => {
    fc.assert(
      fc.property(anyName, seed, fc.constantFrom(2, 10, 1000), (name, from, reach) => {
        const { facts, options } = recording(name);
        const next = random(from);
        const shuffled = facts
          .map((fact, i) => ({ fact, place: i + next() * reach }))
          .sort((a, b) => a.place - b.place)
          .map(({ fact }) => fact);
        const { events, kept } = runAndHangUp(shuffled, options);
        expect(brokenRules(events)).toEqual([]);
        expect(leftOpen(events)).toEqual([]);
        expect(kept).toMatchObject({ channels: 0, calls: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('streams that run at once tell what each tells alone', () => {
    const alike = withCalls.filter(({ options }) => options.trunks === TEST_OPTIONS.trunks);
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...alike.map(({ name }) => name)), fc.integer({ min: 0, max: 8_000_000 })),
          {
            minLength: 2,
            maxLength: 6,
          },
        ),
        (streams) => {
          const tagged = streams.map(([name, start], i) =>
            retold(ofCalls(recording(name).facts), i + 1, micro(start + 1)),
          );
          const together = tagged.flat().sort((a, b) => a.at - b.at);
          const told = eventsOf(together, TEST_OPTIONS);
          expect(brokenRules(told)).toEqual([]);
          const alone = tagged.flatMap((facts) => eventsOf(facts, TEST_OPTIONS));
          expect(told.map(essence).sort()).toEqual(alone.map(essence).sort());
        },
      ),
      { numRuns: 100 },
    );
  });
});

function essence({ type, occurredAt, data }: PbxEvent): string {
  return JSON.stringify([type, occurredAt, data]);
}

describe('kinds of events that come in another order', () => {
  it.each(withCalls)('$name tells the same', ({ facts, expected, options }) => {
    for (let from = 1; from <= 40; from += 1) {
      const events = eventsOf(scrambled(facts, random(from * 7919)), options);
      expect(differences(expected, events), `seed ${from}`).toEqual([]);
    }
  });
});
