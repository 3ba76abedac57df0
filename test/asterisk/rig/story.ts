import { expect } from 'vitest';
import type { ReceivedEvent } from './receiver.ts';
import type { Stage } from './stage.ts';

/** One event: its type, and data that it must have (it may have more). */
export type Told = readonly [type: string, data?: Readonly<Record<string, unknown>>];

/** All that is told of one call. */
export interface CallStory {
  /** Data that each of its events must have, unless the event says otherwise. */
  readonly each?: Readonly<Record<string, unknown>>;
  /** In order; events of different kinds (call, queue, paging …) are not compared with each other. */
  readonly told: readonly Told[];
}

/** The events of each call, in the order in which calls began to be told. */
export function callsOf(events: readonly ReceivedEvent[]): ReceivedEvent[][] {
  const calls = Map.groupBy(events, ({ data }) => data['call_id']);
  calls.delete(undefined);
  return [...calls.values()];
}

/** The events of no call. */
export function beside(events: readonly ReceivedEvent[]): ReceivedEvent[] {
  return events.filter(({ data }) => data['call_id'] === undefined);
}

/** Expects exactly these calls, each told in its order and numbered 1, 2, 3 …, and beside them exactly `others`. */
export function expectStory(
  events: readonly ReceivedEvent[],
  calls: readonly CallStory[],
  others: readonly Told[] = [],
): void {
  const actual = callsOf(events);
  expect(actual.map(typesByKind)).toEqual(calls.map(({ told }) => typesByKind(told.map(([type]) => type))));
  for (const [index, { each = {}, told }] of calls.entries()) {
    expectCall(actual[index] ?? [], each, told);
  }
  expect(beside(events).map(flat)).toMatchObject(others.map(([type, data]) => ({ type, ...data })));
}

function expectCall(events: readonly ReceivedEvent[], each: object, told: readonly Told[]): void {
  const numbers = events.map(({ data }) => data['sequence']);
  expect(numbers).toEqual(events.map((_, index) => index + 1));
  const expected = told.map(([type, data]) => ({ type, pbx: 'main', ...each, ...data }));
  expect(byKind(events.map(flat))).toMatchObject(byKind(expected));
}

/** Expects that all was waited for, every POST verified, and nothing came twice. */
export function expectNothingElse(stage: Stage): void {
  expectNoStrays(stage);
  const ids = stage.receiver.events.map(({ event_id }) => event_id);
  expect(new Set(ids).size).toBe(ids.length);
}

/** The same where the plugin was killed: what was in flight then may come again, under its id. */
export function expectNoStrays(stage: Stage): void {
  expect(stage.strays).toEqual([]);
  expect(stage.receiver.refused).toEqual([]);
}

interface Typed {
  readonly type: string;
}

const flat = ({ event_type, data }: ReceivedEvent): Typed => ({ ...data, type: event_type });

/** Asterisk says that a call was transferred before or after the new party rings. */
function kindOf(type: string): string {
  return type === 'call.transfer' ? type : (type.split('.')[0] ?? type);
}

function byKind<T extends Typed>(events: readonly T[]): Partial<Record<string, T[]>> {
  return Object.groupBy(events, ({ type }) => kindOf(type));
}

function typesByKind(events: readonly (ReceivedEvent | string)[]): object {
  const types = events.map((event) => (typeof event === 'string' ? event : event.event_type));
  return Object.groupBy(types, kindOf);
}
