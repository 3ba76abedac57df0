import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PbxEvent } from '../../../src/model/event.ts';
import type { Memo } from '../../../src/model/memo.ts';
import type { Fact } from '../../../src/telephony/facts.ts';
import type { TelephonyOptions } from '../../../src/telephony/options.ts';
import { createTracker, type Tracker } from '../../../src/telephony/tracker.ts';
import { micro } from '../../../src/util/clock.ts';
import { anyPart, brokenRules, hangUpAll, ofCalls, readRecordings } from '../../support/fact-streams.ts';
import { FakePbx } from '../../support/fake-pbx.ts';
import { PbxModel, shortlyAfter } from '../../support/pbx-model.ts';

const recordings = readRecordings().map((recording) => ({ ...recording, facts: ofCalls(recording.facts) }));
const anyName = fc.constantFrom(
  ...recordings.filter(({ facts }) => facts.length > 10).map(({ name }) => name),
);
const statesOf = (memos: readonly Memo[]): Record<string, unknown> =>
  Object.fromEntries(memos.map(({ key, state }) => [key, JSON.parse(state ?? 'null')]));

function recording(name: string): (typeof recordings)[number] {
  const found = recordings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

const FOREVER = micro(Number.POSITIVE_INFINITY);

/** What is on disk: memos by key, as the store keeps them. */
class Disk {
  readonly #memos = new Map<string, Memo>();

  keep(memos: readonly Memo[]): void {
    for (const memo of memos) {
      if (memo.state === null) this.#memos.delete(memo.key);
      else this.#memos.set(memo.key, memo);
    }
  }

  get memos(): readonly Memo[] {
    return [...this.#memos.values()];
  }
}

/** One run of the plugin after the other, over the same disk. */
class Runs {
  readonly events: PbxEvent[] = [];
  readonly #disk = new Disk();
  readonly #options: TelephonyOptions;
  #tracker: Tracker;

  constructor(options: TelephonyOptions) {
    this.#options = options;
    this.#tracker = createTracker(options, []);
    // The very first list is taken over silently; those of these tests are not.
    this.apply(new PbxModel().stock(micro(1)));
  }

  apply(...facts: readonly Fact[]): void {
    for (const fact of facts) this.#keep(this.#tracker.apply(fact));
  }

  settle(): void {
    this.#keep(this.#tracker.settle(FOREVER));
  }

  /** kill -9: what was not on disk is gone. */
  restart(): void {
    this.#tracker = createTracker(this.#options, this.#disk.memos);
    expect(this.#tracker.unreadable).toEqual([]);
  }

  get kept(): ReturnType<Tracker['size']> & { readonly memos: readonly string[] } {
    const memos = this.#disk.memos.map(({ key }) => key).filter((key) => key.startsWith('call:'));
    return { ...this.#tracker.size(), memos };
  }

  #keep(events: readonly PbxEvent[]): void {
    this.events.push(...events);
    this.#disk.keep(this.#tracker.memos());
  }
}

function counts(events: readonly PbxEvent[], type: string): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const event of events) {
    if (event.type === type) calls[event.callId ?? ''] = (calls[event.callId ?? ''] ?? 0) + 1;
  }
  return calls;
}

/** The stream whole, and everything hung up in the end. */
function whole(facts: readonly Fact[], options: TelephonyOptions): PbxEvent[] {
  const runs = new Runs(options);
  runs.apply(...facts, ...hangUpAll(facts));
  runs.settle();
  return runs.events;
}

describe('what is remembered', () => {
  it.each(recordings.filter(({ facts }) => facts.length < 400))(
    '$name: is read again as it was written, at any moment',
    ({ facts, options }) => {
      const tracker = createTracker(options, []);
      for (const fact of facts) {
        tracker.apply(fact);
        const written = tracker.allMemos().filter(({ state }) => state !== null);
        const again = createTracker(options, written);
        expect(again.unreadable).toEqual([]);
        expect(statesOf(again.allMemos())).toEqual(statesOf(written));
      }
    },
  );
});

describe('a call that is remembered', () => {
  it('has its recording, though nothing was told since that began', () => {
    const pbx = new FakePbx({}, []);
    const caller = pbx.dials('PJSIP/1001', '1002');
    const disk = new Disk();
    disk.keep(pbx.tracker.memos());
    pbx.tell({ kind: 'recording.started', at: pbx.now, channel: { ...caller }, file: '/rec/1.wav' });
    disk.keep(pbx.tracker.memos());
    const again = new FakePbx({}, disk.memos);
    again.tell({
      kind: 'channel.gone',
      at: again.now,
      channel: { ...caller },
      cause: 16,
      causeText: undefined,
    });
    expect(again.types).toEqual(['recording.completed', 'call.ended']);
    expect(again.only('call.ended')).toMatchObject({ recording: '/rec/1.wav' });
  });

  it('without channels, or with those of another, is none: nothing would ever end it', () => {
    const pbx = new FakePbx({}, []);
    pbx.dials('PJSIP/1001', '1002');
    const memos = pbx.tracker.memos();
    const emptied = memos.map((memo) => ({
      ...memo,
      key: `${memo.key}1`,
      state: JSON.stringify({ ...JSON.parse(memo.state ?? '{}'), channels: [] }),
    }));
    const doubled = memos.map((memo) => ({ ...memo, key: `${memo.key}2` }));
    const again = new FakePbx({}, [...memos, ...emptied, ...doubled]);
    expect(again.tracker.unreadable).toEqual([...emptied, ...doubled].map(({ key }) => key));
    expect(again.tracker.size()).toMatchObject({ calls: 1, channels: 1 });
  });
});

describe('a plugin that is killed and started again at any moment of a stream', () => {
  it('starts, answers and ends each call once over both runs', () => {
    fc.assert(
      fc.property(anyName, anyPart, (name, where) => {
        const { facts, options } = recording(name);
        const at = Math.floor(where * facts.length);
        const pbx = new PbxModel();
        const runs = new Runs(options);
        for (const fact of facts.slice(0, at)) {
          pbx.apply(fact);
          runs.apply(fact);
        }
        runs.restart();
        runs.apply(pbx.stock(shortlyAfter(facts[at - 1])), ...facts.slice(at), ...hangUpAll(facts));
        runs.settle();
        const undisturbed = whole(facts, options);
        expect(brokenRules(runs.events)).toEqual([]);
        for (const type of ['call.started', 'call.answered', 'call.ended']) {
          expect(counts(runs.events, type), type).toEqual(counts(undisturbed, type));
        }
        expect(runs.kept).toMatchObject({ channels: 0, calls: 0, memos: [] });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a connection that is lost for a part of a stream', () => {
  it('starts and ends each call that it sees once, and leaves none open', () => {
    fc.assert(
      fc.property(anyName, anyPart, anyPart, fc.boolean(), (name, one, other, isKilled) => {
        const { facts, options } = recording(name);
        const [from = 0, to = 0] = [one, other]
          .map((x) => Math.floor(x * facts.length))
          .sort((a, b) => a - b);
        const pbx = new PbxModel();
        const runs = new Runs(options);
        for (const [i, fact] of facts.slice(0, to).entries()) {
          pbx.apply(fact);
          if (i < from) runs.apply(fact);
        }
        if (isKilled) runs.restart();
        const stock = pbx.stock(shortlyAfter(facts[to - 1]));
        runs.apply(stock);
        runs.apply(...facts.slice(to), ...hangUpAll(facts));
        runs.settle();
        expect(brokenRules(runs.events)).toEqual([]);
        expect(Object.keys(counts(runs.events, 'call.ended')).sort()).toEqual(
          Object.keys(counts(runs.events, 'call.started')).sort(),
        );
        expect(runs.kept).toMatchObject({ channels: 0, calls: 0, memos: [] });
      }),
      { numRuns: 1000 },
    );
  });
});
