import { expect, vi } from 'vitest';
import type { EventType } from '../../../src/model/event-types.ts';
import type { PbxName } from '../../../src/model/ids.ts';
import type { WatchedSource } from '../../../src/watching.ts';
import type { FakeClock } from '../../support/clock.ts';
import { type Behaviour, reply } from '../../support/receiver.ts';
import type { Stage } from './stage.ts';

const MINUTE_MS = 60_000;

/** Milliseconds that a receiver takes, one answer after the other. */
const TAKES = [22, 35, 28, 61, 24, 40, 31, 27, 118, 33];

const PEOPLE = [
  ['1001', 'Alice Adams'],
  ['1002', 'Bob Brown'],
  ['1003', 'Carol Clark'],
  ['+442079460123', 'Dorset Bakery'],
  ['+14155550134', 'Elm Street Dental'],
] as const;

const ANSWERED: readonly EventType[] = ['call.started', 'call.ringing', 'call.answered', 'call.ended'];
const MISSED: readonly EventType[] = ['call.started', 'call.ringing', 'call.missed', 'call.ended'];
const HELD: readonly EventType[] = [
  'call.started',
  'call.ringing',
  'call.answered',
  'call.hold',
  'call.resume',
  'call.transfer',
  'call.ended',
];

/** A PBX in sight that tells nothing: what it would tell is published. */
export const QUIET_PBX: WatchedSource = {
  pbx: 'main' as PbxName,
  source: {
    name: 'main' as PbxName,
    start: () => {},
    stop: async () => {},
    health: () => ({ state: 'connected' }),
    counts: () => ({ received: 0, unseenMs: 0 }),
  },
};

/** Ids of what the hour left behind. */
export interface Played {
  readonly call: string;
  readonly dead: number;
}

/**
 * An hour and more of a small company, the same each time: a CRM that gets everything, a bill for each call whose receiver
 * breaks in the end, and a wallboard that someone switched off.
 */
export async function playHour(stage: Stage, clock: FakeClock): Promise<Played> {
  const hour = new Hour(stage, clock);
  await hour.begin();
  for (let minute = 0; minute < 60; minute += 1) await hour.minute(minute);
  return hour.end();
}

class Hour {
  readonly #stage: Stage;
  readonly #clock: FakeClock;
  #calls = 0;
  #answers = 0;
  #answer: Behaviour = reply(204);
  /** To whom everything is sent before time goes on. */
  #well: readonly string[] = [];

  constructor(stage: Stage, clock: FakeClock) {
    this.#stage = stage;
    this.#clock = clock;
  }

  async begin(): Promise<void> {
    this.#stage.receiver.behaviour = (response, request) => {
      this.#clock.advance(TAKES[this.#answers % TAKES.length] ?? 0);
      this.#answers += 1;
      const answer = request.url === '/billing' ? this.#answer : reply(204);
      answer(response, request);
    };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const crm = await this.#stage.subscribe('/crm', { description: 'CRM', secret });
    const billing = await this.#stage.subscribe('/billing', {
      description: 'Billing',
      events: ['call.ended'],
      secret,
      retry: { schedule: [20, 40] },
    });
    const id = await this.#stage.subscribe('/wallboard', { description: 'Wallboard', events: ['queue.*'] });
    await this.#stage.running.api.call('POST /{id}/disable', { path: { id } });
    this.#well = [crm, billing];
  }

  async minute(minute: number): Promise<void> {
    const calls = 2 + Math.round(1.5 + 1.5 * Math.sin(minute / 7));
    for (let n = 0; n < calls; n += 1) {
      await this.#call(n % 5 === 3 ? MISSED : n % 5 === 2 ? HELD : ANSWERED);
      await this.#pass(Math.floor(MINUTE_MS / (calls + 1)));
    }
    await this.#pass(MINUTE_MS - calls * Math.floor(MINUTE_MS / (calls + 1)));
  }

  /** Two bills are not taken, three times each. */
  async end(): Promise<Played> {
    const body = JSON.stringify({ error: 'database is locked' });
    this.#well = this.#well.slice(0, 1);
    this.#answer = reply(503, body, { 'Content-Type': 'application/json', Server: 'nginx' });
    const call = await this.#call(HELD);
    await this.#call(ANSWERED);
    for (const [failed, delay] of [
      [2, 20_000],
      [4, 40_000],
      [6, 15_000],
    ] as const) {
      await this.#failed(failed);
      this.#clock.advance(delay);
    }
    const { items } = await this.#stage.running.api.call('GET /dead-letters', {});
    const dead = items.find(({ call_id }) => call_id === call)?.id;
    if (dead === undefined) throw new Error('nothing gave up');
    return { call, dead };
  }

  async #call(types: readonly EventType[]): Promise<string> {
    this.#calls += 1;
    const [caller, name] = PEOPLE[this.#calls % PEOPLE.length] ?? PEOPLE[0];
    const [callee] = PEOPLE[(this.#calls + 1) % 3] ?? PEOPLE[1];
    const id = `1795447161.${this.#calls}`;
    const data = {
      from_extension: caller,
      caller_number: caller,
      caller_name: name,
      to_extension: callee,
      called_number: callee,
      direction: caller.startsWith('+') ? 'inbound' : 'internal',
    };
    for (const type of types) {
      await this.#stage.tell(id, [type], type === 'call.answered' ? { ...data, answered_by: callee } : data);
      await this.#pass(1_500 + ((this.#calls * 700) % 4_000));
    }
    return id;
  }

  /** What is under way would take as long. */
  async #pass(ms: number): Promise<void> {
    await this.#until(async () => {
      const { subscriptions } = await this.#stage.running.api.call('GET /stats');
      const waiting = subscriptions.filter(({ id, backlog }) => this.#well.includes(id) && backlog > 0);
      expect(waiting).toEqual([]);
    });
    this.#clock.advance(ms);
  }

  #failed(attempts: number): Promise<void> {
    return this.#until(async () => {
      const { totals } = await this.#stage.running.api.call('GET /stats');
      expect(totals.attempts_failed).toBe(attempts);
    });
  }

  async #until(holds: () => Promise<void>): Promise<void> {
    await vi.waitFor(holds, { timeout: 30_000, interval: 5 });
  }
}
