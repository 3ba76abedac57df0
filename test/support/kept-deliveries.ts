import type { Attempt } from '../../src/model/delivery.ts';
import { acceptedAt, type PublishedEvent } from '../../src/model/event.ts';
import { eventTypeEntry } from '../../src/model/event-types.ts';
import {
  type CallId,
  type DeliveryId,
  EVENTS_PER_MS,
  type EventId,
  type EventPosition,
} from '../../src/model/ids.ts';
import type { Subscription } from '../../src/model/subscription.ts';
import type { Publication, Settlement, Store } from '../../src/store/store.ts';
import { micro } from '../../src/util/clock.ts';
import { compilePatterns } from '../../src/util/patterns.ts';
import { publishTogether, subscription } from './store-samples.ts';

const DAY_MS = 86_400_000;
/** Over how much time the events lie, in milliseconds. */
const SPAN_MS = 20 * DAY_MS;

/** Events of one transaction. */
const GROUP = 5_000;

/** Deliveries of an event, on the average. */
const PER_EVENT = 2.735;

/** The last of them wait; what is older has ended. */
const WAITING = 0.02;

/** Who gets them: one that is well, one of calls alone, one of a few, one that fails, and one that is disabled. */
export const RECIPIENTS = {
  all: subscription('all'),
  crm: subscription('crm', { events: ['call.*'] }),
  mail: subscription('mail', { events: ['voicemail.*'] }),
  broken: subscription('broken', { enabled: false, disabledReason: 'failing' }),
  disabled: subscription('disabled', { events: ['trunk.*'], enabled: false, disabledReason: 'requested' }),
} satisfies Record<string, Subscription>;

type Recipient = keyof typeof RECIPIENTS;

/** The usual types, each as often as it stands here among the events that belong to no call. */
const WITHOUT_CALL = [
  ...Array<string>(40).fill('extension.registered'),
  ...Array<string>(30).fill('extension.unregistered'),
  ...Array<string>(6).fill('queue.agent_paused'),
  ...Array<string>(6).fill('queue.agent_unpaused'),
  ...Array<string>(8).fill('voicemail.new'),
  ...Array<string>(4).fill('voicemail.read'),
  ...Array<string>(2).fill('voicemail.deleted'),
  'conference.started',
  'conference.participant_joined',
  'conference.ended',
  'extension.auth_failed',
];
/** One in so many events, the rarest first. */
const RARE: readonly (readonly [every: number, type: string])[] = [
  [20_000, 'pbx.disconnected'],
  [5_000, 'trunk.unregistered'],
];
/** The very first event alone. */
export const OLDEST_TYPE = 'paging.started';

const CALLS = [
  ['call.started', 'call.ringing', 'call.answered', 'call.hold', 'call.resume', 'call.ended'],
  ['call.started', 'call.ringing', 'call.answered', 'call.ended'],
  ['call.started', 'call.ringing', 'call.answered', 'call.transfer', 'call.ringing', 'call.ended'],
  ['call.started', 'queue.call_added', 'call.ringing', 'queue.call_answered', 'call.answered', 'call.ended'],
  ['call.started', 'call.ringing', 'call.missed', 'call.ended'],
  ['call.started', 'call.parked', 'call.retrieved', 'call.ended'],
] as const;

const SMALL = '{"ok":true}';
const LARGE = JSON.stringify({ trace: 'x'.repeat(2_000) });
const ERROR_PAGE = `<!doctype html><title>502 Bad Gateway</title>${'<p>upstream</p>'.repeat(20)}`;
const HUGE = `<!doctype html>${'<p>Traceback of a program</p>'.repeat(600)}`.slice(0, 16_384);
const HEADERS = JSON.stringify({
  'content-type': 'application/json',
  server: 'nginx/1.22.1',
  date: 'Sun, 07 Dec 2025 12:00:00 GMT',
  connection: 'keep-alive',
});

export interface KeptDeliveries {
  readonly events: number;
  readonly deliveries: number;
  /** The first and the last event's time, in milliseconds. */
  readonly from: number;
  readonly until: number;
  /** Of an old call, one in the middle and a new one. */
  readonly calls: readonly CallId[];
}

/**
 * Fills an empty store with deliveries of every kind, up to now: the same ones for the same `endMs`. Through what the
 * store offers, in large transactions.
 */
export async function keepDeliveries(
  store: Store,
  deliveries: number,
  endMs: number,
): Promise<KeptDeliveries> {
  for (const one of Object.values(RECIPIENTS)) await store.saveSubscription(one);
  const maker = new Maker(deliveries, endMs);
  const writing: Promise<void>[] = [];
  for (const group of maker.groups()) {
    writing.push(publishTogether(store, group.publications, [], group.ended));
    // One is made while another is written.
    if (writing.length > 1) await writing.shift();
  }
  await Promise.all(writing);
  return maker.made();
}

interface Group {
  readonly publications: readonly Publication[];
  readonly ended: readonly Settlement[];
}

class Maker {
  readonly #deliveries: number;
  readonly #endMs: number;
  readonly #expectedEvents: number;
  readonly #random = randomNumbers(7);
  readonly #wanting = new Map<string, readonly Recipient[]>();
  readonly #calls: CallId[] = [];
  /** What is still to come of calls that go on. */
  readonly #open: { readonly callId: CallId; readonly types: string[] }[] = [];
  #events = 0;
  #made = 0;
  #callNumber = 0;

  constructor(deliveries: number, endMs: number) {
    this.#deliveries = deliveries;
    this.#endMs = endMs;
    this.#expectedEvents = Math.ceil(deliveries / PER_EVENT);
  }

  made(): KeptDeliveries {
    const calls = [0.1, 0.5, 0.95].map(
      (part) => this.#calls[Math.floor(this.#calls.length * part)] ?? ('' as CallId),
    );
    const from = this.#endMs - SPAN_MS;
    return { events: this.#events, deliveries: this.#made, from, until: this.#endMs, calls };
  }

  *groups(): Generator<Group> {
    while (this.#made < this.#deliveries) {
      const publications: Publication[] = [];
      const ended: Settlement[] = [];
      while (publications.length < GROUP && this.#made < this.#deliveries) {
        const event = this.#event();
        const to = this.#recipientsOf(event.type);
        const firstDelivery = (this.#made + 1) as DeliveryId;
        publications.push({ event, firstDelivery, to: to.map((name) => RECIPIENTS[name].id) });
        for (const name of to) {
          this.#made += 1;
          ended.push(...this.#endOf(this.#made as DeliveryId, name, event));
        }
      }
      yield { publications, ended };
    }
  }

  #event(): PublishedEvent {
    const n = this.#events;
    this.#events += 1;
    const ms = Math.floor(this.#endMs - SPAN_MS + (SPAN_MS * n) / this.#expectedEvents);
    const { type, callId } = this.#next(n);
    const sample = eventTypeEntry(type)?.sample;
    const data = JSON.stringify({ ...sample, ...(callId === undefined ? {} : { call_id: callId }) });
    const id = `${type}-${ms}` as EventId;
    return {
      id,
      position: (ms * EVENTS_PER_MS) as EventPosition,
      type,
      occurredAt: micro(ms * 1000),
      callId,
      data,
    };
  }

  #next(n: number): { readonly type: string; readonly callId?: CallId } {
    if (n === 0) return { type: OLDEST_TYPE };
    const rare = RARE.find(([every]) => n % every === every - 1);
    if (rare !== undefined) return { type: rare[1] };
    if (this.#random() < 0.25) return { type: this.#oneOf(WITHOUT_CALL) };
    if (this.#open.length < 30) this.#begin();
    const index = Math.floor(this.#random() * this.#open.length);
    const call = this.#open[index];
    const type = call?.types.shift();
    if (call === undefined || type === undefined) throw new Error('a call without events');
    if (call.types.length === 0) this.#open.splice(index, 1);
    return { type, callId: call.callId };
  }

  #begin(): void {
    this.#callNumber += 1;
    const callId = `1765108800.${this.#callNumber}` as CallId;
    this.#calls.push(callId);
    this.#open.push({ callId, types: [...this.#oneOf(CALLS)] });
  }

  #recipientsOf(type: string): readonly Recipient[] {
    let wanting = this.#wanting.get(type);
    if (wanting === undefined) {
      const names: Recipient[] = ['all', 'crm', 'mail', 'broken', 'disabled'];
      wanting = names.filter((name) => compilePatterns(RECIPIENTS[name].events)(type));
      this.#wanting.set(type, wanting);
    }
    return wanting;
  }

  #endOf(id: DeliveryId, name: Recipient, event: PublishedEvent): readonly Settlement[] {
    const of = { id, subscriptionId: RECIPIENTS[name].id, event: event.position };
    const isNew = this.#events > this.#expectedEvents * (1 - WAITING);
    if (name === 'disabled') return [];
    if (name !== 'broken') return this.#well(of, event);
    if (isNew) return [];
    const accepted = acceptedAt(event.position);
    if (this.#random() < 0.3) {
      return [{ ...of, next: { state: 'expired', endedAt: micro(accepted + 60_000_000) } }];
    }
    const attempts = [1, 2, 3].map((number) => this.#failed(number, event));
    return attempts.map((attempt) => ({
      ...of,
      attempt,
      next:
        attempt.number === 3
          ? { state: 'dead' }
          : { state: 'pending', dueAt: micro(attempt.startedAt + 60_000_000) },
    }));
  }

  #well(
    of: Pick<Settlement, 'id' | 'subscriptionId' | 'event'>,
    event: PublishedEvent,
  ): readonly Settlement[] {
    const chance = this.#random();
    if (chance < 0.002) return [{ ...of, attempt: this.#failed(1, event), next: { state: 'dead' } }];
    const attempt = this.#answered(chance < 0.02 ? 2 : 1, event);
    const delivered = { ...of, attempt, next: { state: 'delivered' } } as const;
    if (attempt.number === 1) return [delivered];
    const dueAt = attempt.startedAt;
    return [{ ...of, attempt: this.#failed(1, event), next: { state: 'pending', dueAt } }, delivered];
  }

  #answered(number: number, event: PublishedEvent): Attempt {
    const body = this.#random() < 0.02 ? LARGE : SMALL;
    const response = { status: 200, headers: HEADERS, body };
    return { ...this.#attempt(number, event), outcome: { kind: 'response', response } };
  }

  #failed(number: number, event: PublishedEvent): Attempt {
    const attempt = this.#attempt(number, event);
    if (this.#random() < 0.6) {
      return { ...attempt, outcome: { kind: 'error', code: 'timeout', message: 'Connection timeout' } };
    }
    const body = this.#random() < 0.02 ? HUGE : ERROR_PAGE;
    const response = { status: 502, headers: HEADERS, body };
    return { ...attempt, outcome: { kind: 'response', response } };
  }

  #attempt(number: number, event: PublishedEvent): Omit<Attempt, 'outcome'> {
    const startedAt = micro(acceptedAt(event.position) + (number - 1) * 60_000_000 + 2_000);
    return { number, startedAt, durationMs: Math.round(5 + 40 * this.#random()) };
  }

  #oneOf<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.#random() * list.length)];
    if (one === undefined) throw new Error('an empty list');
    return one;
  }
}

/** The same numbers from 0 up to 1 for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
