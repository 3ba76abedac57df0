import { describe, expect, it } from 'vitest';
import { linePath, niceCeiling, runsOf } from '../../../src/dashboard/plots/scale.ts';
import type { PbxEvent } from '../../../src/dashboard/types.ts';
import { callOf, callsOf, inOrder } from '../../../src/dashboard/views/calls/call.ts';
import { fieldsOf } from '../../../src/dashboard/views/catalogue/fields.ts';
import {
  chunksOf,
  isChosen,
  NOTHING,
  withChosen,
} from '../../../src/dashboard/views/dead-letters/selection.ts';
import { summaryOf } from '../../../src/dashboard/views/event-summary.ts';

function event(
  type: string,
  second: number,
  data: PbxEvent['data'] = {},
  callId: string | null = 'c1',
): PbxEvent {
  const timestamp = `2026-11-29T12:00:${String(second).padStart(2, '0')}.000000Z`;
  return { event_id: `${type}-${second}`, event_type: type, timestamp, data, call_id: callId };
}

const PARTIES = { from_extension: '1001', to_extension: '1002', direction: 'internal' };

describe('a call', () => {
  it('is known from its events, whatever order they come in', () => {
    const events = [
      event('call.ended', 9, { ...PARTIES, disposition: 'answered', duration: 9 }),
      event('call.answered', 3, { ...PARTIES, answered_by: '1003' }),
      event('call.started', 0, PARTIES),
    ];
    expect(callOf('c1', events)).toMatchObject({
      from: '1001',
      to: '1002',
      direction: 'internal',
      outcome: 'answered',
      answeredBy: '1003',
      duration: 9,
      isOver: true,
      startedAt: '2026-11-29T12:00:00.000000Z',
      events: 3,
    });
  });

  it('goes on until its end is told', () => {
    expect(callOf('c1', [event('call.ringing', 1, PARTIES)])).toMatchObject({
      isOver: false,
      outcome: undefined,
    });
    expect(callOf('c1', [])).toBeUndefined();
  });

  it('is told apart from the next, and from what is of no call', () => {
    const events = [
      event('call.started', 5, PARTIES, 'c2'),
      event('voicemail.new', 4, {}, null),
      event('call.started', 0, PARTIES),
    ];
    expect(callsOf(events).map(({ id }) => id)).toEqual(['c2', 'c1']);
  });

  it('has its events in their own order where they share an instant', () => {
    const events = [
      event('b', 1, { sequence: 2 }),
      event('a', 1, { sequence: 1 }),
      event('c', 0, { sequence: 3 }),
    ];
    expect(inOrder(events).map(({ event_type }) => event_type)).toEqual(['c', 'a', 'b']);
  });
});

it('an event is summed up from whatever of its data can be', () => {
  expect(summaryOf({ data: { ...PARTIES, disposition: 'busy' } })).toBe('1001 → 1002 · busy');
  expect(summaryOf({ data: { extension: '1001', mailbox: '1001@default' } })).toBe(
    '1001 · mailbox 1001@default',
  );
  expect(summaryOf({ data: { from_extension: { not: 'a text' }, queue: null } })).toBe('');
});

it('fields are listed from a schema, those within others as well', () => {
  const schema = {
    type: 'object',
    properties: {
      call_id: { type: 'string', description: 'its call' },
      how: { enum: ['a', 'b'] },
      at: { type: 'string', format: 'date-time' },
      members: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    },
    required: ['call_id'],
  };
  expect(fieldsOf(schema).map(({ name, type, required }) => [name, type, required])).toEqual([
    ['call_id', 'string', true],
    ['how', '"a" | "b"', false],
    ['at', 'time', false],
    ['members', 'object[]', false],
    ['members[].name', 'string', false],
  ]);
  expect(fieldsOf({ type: 'string' })).toEqual([]);
});

describe('chosen dead letters', () => {
  it('are some, or all that match', () => {
    const one = withChosen(NOTHING, 7, true, [7, 8]);
    expect([isChosen(one, 7), isChosen(one, 8)]).toEqual([true, false]);
    expect(isChosen({ kind: 'all' }, 99)).toBe(true);
  });

  it('are those that are shown once one is taken away from all', () => {
    const rest = withChosen({ kind: 'all' }, 7, false, [7, 8, 9]);
    expect([7, 8, 9, 10].filter((id) => isChosen(rest, id))).toEqual([8, 9]);
  });

  it('are asked for in pieces that the API takes', () => {
    const ids = new Set(Array.from({ length: 401 }, (_, index) => index));
    expect(chunksOf(ids).map(({ length }) => length)).toEqual([200, 200, 1]);
    expect(chunksOf(new Set())).toEqual([]);
  });
});

describe('a plot', () => {
  it.each([
    [0, 1],
    [1, 1],
    [7, 8],
    [11, 20],
    [250, 300],
  ])('of at most %d ends at %d', (most, top) => {
    expect(niceCeiling(most)).toBe(top);
  });

  it('has a gap where there is no value, and shows a lone one', () => {
    const runs = runsOf([0, 5, null, 10], 10, 300, 100);
    expect(runs).toEqual([
      [
        { x: 0, y: 100 },
        { x: 100, y: 50 },
      ],
      [{ x: 300, y: 0 }],
    ]);
    expect(runs.map(linePath)).toEqual(['M0 100L100 50', 'M299 0h2']);
  });
});
