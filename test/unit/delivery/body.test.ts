import { describe, expect, it, test } from 'vitest';
import { batchIdOf, bodyOf, type Content, contentOf } from '../../../src/delivery/body.ts';
import { envelopeOf } from '../../../src/model/event.ts';
import { micro } from '../../../src/util/clock.ts';
import { Expressions } from '../../../src/util/expression/expressions.ts';

const expressions = new Expressions();

/** 2025-12-07T12:00:00.123456Z */
const AT = micro(1_765_108_800_123_456);

function eventOf(n: number, data: object = { call_id: 'c1', n }) {
  const id = `call.ended-${n}`;
  return { id, type: 'call.ended', occurredAt: AT, data: JSON.stringify(data) };
}

function content(more: Partial<Content>): Content {
  return { format: 'pbx', batch: false, headers: {}, ...more };
}

test('nothing has to be made for a subscription without a shape of its own', () => {
  expect(contentOf({}, {})).toBeUndefined();
  expect(contentOf({ format: 'pbx' }, { A: 'b' })).toBeUndefined();
  expect(contentOf({ format: 'cloudevents' }, {})).toEqual(content({ format: 'cloudevents' }));
  expect(contentOf({ batch: {} }, {})).toEqual(content({ batch: true }));
});

describe('a batch', () => {
  it.each([1, 3])('of %i holds the envelopes byte for byte', (count) => {
    const events = Array.from({ length: count }, (_, n) => eventOf(n));
    const made = bodyOf(content({ batch: true }), events, expressions);
    const id = batchIdOf(events);
    expect(made).toEqual({
      kind: 'made',
      contentType: 'application/json',
      body: `{"batch_id":"${id}","count":${count},"events":[${events.map(envelopeOf).join(',')}]}`,
    });
    expect(id).toMatch(/^batch-[0-9a-f]{32}$/);
    expect(batchIdOf([...events, eventOf(9)])).not.toBe(id);
  });

  it('is what a transform sees', () => {
    const made = bodyOf(
      content({ batch: true, transform: 'events.data.n' }),
      [eventOf(1), eventOf(2)],
      expressions,
    );
    expect(made).toMatchObject({ kind: 'made', body: '[1,2]' });
  });

  it('is not made where events come one by one', () => {
    expect(bodyOf(content({}), [eventOf(1), eventOf(2)], expressions)).toMatchObject({ kind: 'failed' });
    expect(bodyOf(content({ batch: true }), [], expressions)).toMatchObject({ kind: 'failed' });
  });
});

describe('a transform', () => {
  const made = (transform: string) => bodyOf(content({ transform }), [eventOf(1)], expressions);

  it.each([
    ['{ "n": data.n }', '{"n":1}', 'application/json'],
    ['[data.n, 2]', '[1,2]', 'application/json'],
    ['data.n', '1', 'application/json'],
    ['"call " & data.call_id & "\\n\\"x\\""', 'call c1\n"x"', 'text/plain; charset=utf-8'],
    ['$', envelopeOf(eventOf(1)), 'application/json'],
  ])('%s gives %s', (transform, body, contentType) => {
    expect(made(transform)).toEqual({ kind: 'made', body, contentType });
  });

  it.each([
    ['data.nothing', /gave nothing/],
    ['data.call_id + 1', /could not be evaluated: .*at character/],
    ['( $f := function($x) { $f($x) }; $f(1) )', /longer than 50 ms/],
    ['$map', /a function/],
  ])('%s fails with a reason', (transform, reason) => {
    expect(made(transform)).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) });
  });
});

describe('CloudEvents', () => {
  it('tells what it can of an event', () => {
    const data = { call_id: 'c1', pbx: 'main office' };
    const made = bodyOf(content({ format: 'cloudevents' }), [eventOf(1, data)], expressions);
    expect(made).toEqual({
      kind: 'made',
      contentType: 'application/cloudevents+json',
      body: expect.any(String),
    });
    expect(JSON.parse('body' in made ? made.body : '')).toEqual({
      specversion: '1.0',
      id: 'call.ended-1',
      source: '/pbx/main%20office',
      type: 'pbx.call.ended',
      subject: 'c1',
      time: '2025-12-07T12:00:00.123456Z',
      datacontenttype: 'application/json',
      data,
    });
  });

  it('comes as a batch where batches are wanted', () => {
    const batch = content({ format: 'cloudevents', batch: true });
    const made = bodyOf(batch, [eventOf(1, {}), eventOf(2)], expressions);
    expect(made).toMatchObject({ contentType: 'application/cloudevents-batch+json' });
    const events = JSON.parse('body' in made ? made.body : '');
    expect(events).toMatchObject([{ id: 'call.ended-1', source: '/pbx' }, { subject: 'c1' }]);
    expect(events[0]).not.toHaveProperty('subject');
  });
});

test.each(['', 'null', '[]', '3'])('data %j that is none fails, and throws nothing', (data) => {
  const broken = { id: 'x-1', type: 'x', occurredAt: AT, data };
  for (const options of [
    { format: 'cloudevents' },
    { template: 'slack' },
    { transform: 'data.x' },
  ] as const) {
    expect(bodyOf(content(options), [broken], expressions)).toMatchObject({ kind: 'failed' });
  }
});
