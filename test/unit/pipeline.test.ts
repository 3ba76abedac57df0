import { expect, it } from 'vitest';
import { EngineError } from '../../src/delivery/engine.ts';
import type { PbxEvent } from '../../src/model/event.ts';
import type { PbxName } from '../../src/model/ids.ts';
import type { Memo } from '../../src/model/memo.ts';
import { type FactReducer, Pipeline } from '../../src/pipeline.ts';
import type { Fact } from '../../src/telephony/facts.ts';
import { type Clock, type Micros, micro, systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/log.ts';

const fact = (at: number): Fact => ({ kind: 'pbx.booted', at: micro(at) });
const event = (at: Micros): PbxEvent => ({ type: 'pbx.connected', occurredAt: at, data: {} });

/** A source by hand, a tracker that makes one event of each fact, a clock whose timers fire when told to. */
function rig(
  publish: (event: PbxEvent, memos: readonly Memo[]) => Promise<unknown>,
  tracker: Partial<FactReducer> = {},
) {
  const timers: { delayMs: number; fire: () => void }[] = [];
  const log: string[] = [];
  let tell: (fact: Fact) => void = () => {};
  const clock: Clock = {
    ...systemClock,
    after(delayMs, fire) {
      const timer = { delayMs, fire };
      timers.push(timer);
      return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
    },
  };
  const pipeline = new Pipeline({
    source: {
      name: 'main' as PbxName,
      start: (onFact) => {
        tell = onFact;
      },
      stop: async () => {},
      counts: () => ({ received: 0, unseenMs: 0 }),
      health: () => ({ state: 'connected' }),
    },
    tracker: {
      apply: (told) => [event(told.at)],
      settle: () => [],
      deadline: () => undefined,
      memos: () => [],
      allMemos: () => [],
      ...tracker,
    },
    publish: async (events, memos) => {
      for (const one of events) await publish(one, memos);
    },
    clock,
    logger: { ...silentLogger, error: (message) => log.push(message), info: (message) => log.push(message) },
    spoolLimit: 3,
  });
  pipeline.start();
  return { pipeline, tell: (at: number) => tell(fact(at)), timers, log };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it('publishes events in the order in which they happened', async () => {
  const published: number[] = [];
  const { tell, pipeline } = rig(async (told) => published.push(told.occurredAt));
  tell(1);
  tell(2);
  await settled();
  tell(3);
  await pipeline.stop();
  expect(published).toEqual([1, 2, 3]);
});

it('keeps what could not be stored and publishes it in order once there is room, before later events', async () => {
  const published: number[] = [];
  let full = true;
  const { tell, timers, log, pipeline } = rig(async (told) => {
    if (full) throw new Error('no space left on the disk');
    published.push(told.occurredAt);
  });
  tell(1);
  tell(2);
  await settled();
  tell(3);
  expect(published).toEqual([]);
  full = false;
  timers[0]?.fire();
  await settled();
  expect(published).toEqual([1, 2, 3]);
  expect(log[0]).toContain('no space left on the disk');
  expect(log[1]).toBe('main: events are stored again, none was lost for want of memory');
  await pipeline.stop();
});

it('passes over an event that the engine refuses for good, loudly, and goes on with the next', async () => {
  const published: number[] = [];
  const { tell, log, timers, pipeline } = rig(async (told) => {
    if (told.occurredAt === 1) throw new EngineError('event_invalid', 'no event type');
    published.push(told.occurredAt);
  });
  tell(1);
  tell(2);
  await settled();
  expect(published).toEqual([2]);
  expect(timers).toEqual([]);
  expect(log).toEqual(['main: an event is lost: no event type']);
  await pipeline.stop();
});

it('survives a tracker that throws when it is asked to settle', async () => {
  let waiting = true;
  const { tell, timers, log, pipeline } = rig(async () => {}, {
    deadline: () => (waiting ? micro(1) : undefined),
    settle: () => {
      waiting = false;
      throw new Error('bad state');
    },
  });
  tell(0);
  timers[0]?.fire();
  expect(log[0]).toContain('bad state');
  await pipeline.stop();
});

it('keeps the oldest when more events wait than memory may hold, and says how many it lost', async () => {
  const published: number[] = [];
  let full = true;
  const { tell, log, timers, pipeline } = rig(async (told) => {
    if (full) throw new Error('full');
    published.push(told.occurredAt);
  });
  tell(0);
  await settled();
  for (let at = 1; at <= 5; at += 1) tell(at);
  expect(log.at(-1)).toBe(
    'main: 3 events wait to be stored, no more fit in memory. ' +
      'New ones, of any type, are lost until there is room: 1 so far. Is the disk full, or slow?',
  );
  full = false;
  timers[0]?.fire();
  await pipeline.stop();
  expect(published).toEqual([0, 1, 2]);
  expect(log.at(-1)).toBe('main: events are stored again, 3 were lost for want of memory');
});

it('survives a tracker that throws, and goes on with the next fact', async () => {
  const published: number[] = [];
  const { tell, log, pipeline } = rig(async (told) => published.push(told.occurredAt), {
    apply: (told) => {
      if (told.at === 1) throw new Error('bad fact');
      return [event(told.at)];
    },
  });
  tell(1);
  tell(2);
  await pipeline.stop();
  expect(published).toEqual([2]);
  expect(log[0]).toContain('bad fact');
});

it('asks the tracker again after its deadline, counted from the time of the fact', async () => {
  const published: number[] = [];
  let waiting = false;
  const { tell, timers, pipeline } = rig(async (told) => published.push(told.occurredAt), {
    apply: () => {
      waiting = true;
      return [];
    },
    deadline: () => (waiting ? micro(5_100_000) : undefined),
    settle: (now) => {
      waiting = false;
      return [event(now)];
    },
  });
  tell(5_000_000);
  expect(timers.map((timer) => timer.delayMs)).toEqual([100]);
  timers[0]?.fire();
  await pipeline.stop();
  expect(published).toEqual([5_100_000]);
});

it('publishes what is to be remembered with the events of the same fact, and all of it at the end', async () => {
  const stored: [number, string[]][] = [];
  let pending: Memo[] = [];
  const memo = (key: string): Memo => ({ pbx: 'main' as PbxName, key, state: '{}' });
  const { tell, pipeline } = rig(
    async (told, memos) => stored.push([told.occurredAt, memos.map(({ key }) => key)]),
    {
      apply: (told) => {
        pending = [memo(`call:${told.at}`)];
        return [event(told.at)];
      },
      memos: () => pending.splice(0),
      allMemos: () => [memo('call:2')],
    },
  );
  tell(1);
  tell(2);
  await settled();
  expect(stored).toEqual([
    [1, ['call:1']],
    [2, ['call:2']],
  ]);
  await pipeline.stop();
});

it('does not remember again what was overtaken by something newer', async () => {
  const kept = new Map<string, string | null>();
  let refusals = 1;
  let state = 0;
  const { tell, timers, pipeline } = rig(
    async (_told, memos) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new Error('no space left on the disk');
      }
      for (const memo of memos) kept.set(memo.key, memo.state);
    },
    {
      memos: () => {
        state += 1;
        return state > 2 ? [] : [{ pbx: 'main' as PbxName, key: 'call:1', state: `${state}` }];
      },
    },
  );
  tell(1);
  tell(2);
  await settled();
  timers[0]?.fire();
  await settled();
  expect(kept.get('call:1')).toBe('2');
  await pipeline.stop();
});

it('does not keep what is due soon waiting for what is due later', () => {
  const due = [15_000_000, 3_100_000, 15_000_000];
  const asked: number[] = [];
  const { tell, timers } = rig(async () => {}, {
    deadline: () => micro(due[0] ?? 0),
    settle: (now) => {
      asked.push(now);
      due.shift();
      return [];
    },
  });
  tell(0);
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([15_000]);
  due.shift();
  tell(3_000_000);
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([100]);
  timers[0]?.fire();
  expect(asked).toEqual([3_100_000]);
  expect(timers.at(-1)?.delayMs).toBe(11_900);
});

it('asks the tracker again earlier, when something comes that can wait less', async () => {
  let deadline = micro(6_500_000);
  const { tell, timers, pipeline } = rig(async () => {}, { apply: () => [], deadline: () => deadline });
  tell(5_000_000);
  expect(timers.map((timer) => timer.delayMs)).toEqual([1_500]);
  deadline = micro(5_110_000);
  tell(5_010_000);
  tell(5_020_000);
  expect(timers.map((timer) => timer.delayMs)).toEqual([100]);
  await pipeline.stop();
});
