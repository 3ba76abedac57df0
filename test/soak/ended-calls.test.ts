import { expect, test } from 'vitest';
import type { Memo } from '../../src/model/memo.ts';
import { type FakeChannel, FakePbx } from '../support/fake-pbx.ts';
import { heapInUse } from '../support/garbage.ts';

/** `CALLS=1000000 npm test -- --project soak` takes some minutes. */
const CALLS = Number(process.env['CALLS'] ?? 300_000);
const WARM_UP = 100_000;
/** Nothing that a call could leave behind is as small as the 10 bytes that this is for each of them. */
const MOST_GROWTH = 2 * 1024 * 1024;

/** Calls of every kind, a few of them open at a time, on a PBX whose trackers also remember them. */
class BusyPbx extends FakePbx {
  readonly disk = new Map<string, Memo>();
  ended = 0;
  #open: (() => void)[] = [];

  constructor() {
    super({}, []);
  }

  call(n: number): void {
    const caller = this.dials(n % 7 === 0 ? 'PJSIP/trunk1' : `PJSIP/10${10 + (n % 50)}`, '1002');
    const callee = this.channel('PJSIP/1002', caller);
    this.pass(5);
    if (n % 5 === 0) this.#queues(caller);
    this.dial(caller, callee);
    this.rings(callee);
    if (n % 3 !== 0) this.#talk(caller, callee, n);
    this.#open.push(() => this.hangsUp(caller, callee));
    if (this.#open.length > 20) this.#open.shift()?.();
    this.#store();
  }

  finish(): void {
    for (const end of this.#open.splice(0)) end();
    this.settle();
    this.#store();
  }

  #queues(channel: FakeChannel): void {
    const { now: at } = this;
    this.tell({
      kind: 'queue.joined',
      at,
      channel: { ...channel },
      queue: 'support',
      position: 1,
      waiting: 1,
    });
    this.tell({ kind: 'queue.left', at, channel: { ...channel }, queue: 'support', position: 1 });
  }

  #talk(caller: FakeChannel, callee: FakeChannel, n: number): void {
    this.answers(caller, callee);
    this.bridge(`bridge-${n}`, caller, callee);
    if (n % 4 === 0) this.of('channel.held', callee);
    if (n % 8 === 0) this.of('channel.resumed', callee);
    if (n % 11 !== 0) return;
    const { now: at } = this;
    const joined = { at, room: `90${n % 90}`, channel: { ...callee } };
    this.tell({ kind: 'conference.joined', ...joined, admin: false, muted: false });
  }

  #store(): void {
    this.ended += this.events.filter(({ type }) => type === 'call.ended').length;
    this.events.length = 0;
    for (const memo of this.tracker.memos()) {
      if (memo.state === null) this.disk.delete(memo.key);
      else this.disk.set(memo.key, memo);
    }
  }
}

test(`nothing is kept of ${CALLS} calls that have ended`, () => {
  const pbx = new BusyPbx();
  const run = (from: number, to: number): number => {
    for (let n = from; n < to; n += 1) pbx.call(n);
    pbx.finish();
    return heapInUse();
  };
  const before = run(0, WARM_UP);
  const after = run(WARM_UP, CALLS);
  expect(pbx.ended).toBe(CALLS);
  expect(pbx.tracker.size()).toMatchObject({ channels: 0, calls: 0 });
  expect([...pbx.disk.keys()].filter((key) => key.startsWith('call:'))).toEqual([]);
  expect(after - before).toBeLessThan(MOST_GROWTH);
});

test('a tracker that nobody asks what to remember gathers nothing either', () => {
  const pbx = new FakePbx();
  const before = heapInUse();
  for (let n = 0; n < WARM_UP; n += 1) {
    const caller = pbx.dials('PJSIP/1001', '1002');
    pbx.hangsUp(caller);
    pbx.events.length = 0;
  }
  expect(heapInUse() - before).toBeLessThan(MOST_GROWTH);
});
