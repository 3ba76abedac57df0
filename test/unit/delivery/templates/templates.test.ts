import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { bodyOf, type Content } from '../../../../src/delivery/body.ts';
import type { EnvelopeParts } from '../../../../src/model/event.ts';
import { EVENT_CATALOGUE } from '../../../../src/model/event-types.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../../../../src/model/subscription-options.ts';
import { micro } from '../../../../src/util/clock.ts';
import { Expressions } from '../../../../src/util/expression/expressions.ts';
import { ntfyHeaders, ntfyMessage, SERVICES } from './services.ts';

const expressions = new Expressions();

function eventOf(type: string, data: object): EnvelopeParts {
  const id = `${type}-1765108800000`;
  return { id, type, occurredAt: micro(1_765_108_800_123_456), data: JSON.stringify(data) };
}

function render(template: TemplateName, type: string, data: object) {
  const headers = { 'x-routing-key': 'R'.repeat(32) };
  const content: Content = { format: 'pbx', template, batch: false, headers };
  const body = bodyOf(content, [eventOf(type, data)], expressions);
  if (body.kind === 'failed') throw new Error(body.reason);
  return body;
}

function problemOf(template: TemplateName, type: string, data: object): string {
  const { body, contentType, headers } = render(template, type, data);
  const checks =
    template === 'ntfy'
      ? [ntfyMessage.safeParse(body), ntfyHeaders.safeParse(headers)]
      : [SERVICES[template].schema.safeParse(JSON.parse(body))];
  const wrong = checks.flatMap(({ error }) => (error === undefined ? [] : [z.prettifyError(error)]));
  const expected = template === 'ntfy' ? 'text/plain; charset=utf-8' : 'application/json';
  if (contentType !== expected) wrong.push(`content type ${contentType}`);
  if (template !== 'ntfy' && Buffer.byteLength(body) > SERVICES[template].maxBytes) wrong.push('too large');
  return wrong.join('; ');
}

/** Every text of `data` replaced, also inside of it. */
function withTexts(data: unknown, text: string): unknown {
  if (typeof data === 'string') return text;
  if (Array.isArray(data)) return Array.from({ length: 300 }, () => text);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, withTexts(value, text)]));
}

const NASTY = {
  'very long': 'x'.repeat(20_000),
  'made of what has to be escaped': '<!channel> &*_~`|[click](https://evil.example)@everyone\\'.repeat(50),
  'made of ampersands': '&'.repeat(5_000),
  'made of backslashes': '\\'.repeat(5_000),
  'made of control characters': '\u0000\r\n\t\u202e\u2028',
  'made of halves of characters': `${'\u{1f4de}'.repeat(3_000)}\ud83d`,
  empty: '',
};

describe.each(TEMPLATE_NAMES)('%s', (template) => {
  test.each(EVENT_CATALOGUE)('takes $name as its service documents', ({ name, sample }) => {
    expect(problemOf(template, name, sample)).toBe('');
  });

  it.each(EVENT_CATALOGUE)('makes do with a $name of which nothing is known', ({ name }) => {
    expect(problemOf(template, name, {})).toBe('');
  });

  it.each(Object.entries(NASTY))('keeps within the limits when texts are %s', (_title, text) => {
    for (const { name, sample } of EVENT_CATALOGUE) {
      const data = { ...Object(withTexts(sample, text)), direction: 'inbound' };
      expect(problemOf(template, name, data), name).toBe('');
    }
  });

  it('takes a type that the catalogue does not have', () => {
    const deep = { list: [{ a: { b: { c: { d: { e: 'x'.repeat(20_000) } } } } }] };
    expect(problemOf(template, 'door.opened', { door: 'north', deep })).toBe('');
  });
});

describe('a headline', () => {
  const title = (type: string, data: object) =>
    JSON.parse(render('slack', type, data).body).blocks[0].text.text;

  test.each([
    [
      'call.missed',
      { from_extension: '+4930123', caller_name: 'Zoë', to_extension: '1002' },
      'Missed call from Zoë (+4930123) at 1002',
    ],
    ['call.missed', { to_extension: '1002' }, 'Missed call from Unknown caller at 1002'],
    [
      'call.missed',
      { from_extension: 'anonymous' },
      'Missed call from Anonymous caller at an unknown number',
    ],
    [
      'call.started',
      { from_extension: '1001', caller_name: '1001', to_extension: '1002' },
      'Call from 1001 to 1002',
    ],
    [
      'call.ended',
      { from_extension: '1001', to_extension: '1002', disposition: 'no_answer' },
      'Call from 1001 to 1002 ended: no answer',
    ],
    ['voicemail.new', { extension: '1002' }, 'New voicemail for 1002 from Unknown caller'],
    ['door.opened', {}, 'door.opened'],
  ])('of %s %j is %s', (type, data, headline) => {
    expect(title(type, data)).toBe(headline);
  });

  it('has no object, prototype or undefined in it', () => {
    for (const { name, sample } of EVENT_CATALOGUE) {
      const odd = Object.fromEntries(Object.keys(sample).map((key) => [key, { a: 1 }]));
      expect(title(name, odd), name).not.toMatch(/undefined|null|NaN|\[object|function/);
    }
  });
});

describe('pagerduty', () => {
  const incident = (type: string, data: object) => JSON.parse(render('pagerduty', type, data).body);

  it.each([
    ['trunk.unregistered', 'trunk.registered', { pbx: 'main', trunk: 'trunk1' }],
    ['pbx.disconnected', 'pbx.connected', { pbx: 'main' }],
    ['extension.unreachable', 'extension.reachable', { pbx: 'main', extension: '1001' }],
    ['extension.unregistered', 'extension.registered', { pbx: 'main', extension: '1001' }],
  ])('opens an incident at %s that %s resolves', (opening, closing, data) => {
    const [opened, closed] = [incident(opening, data), incident(closing, data)];
    expect([opened.event_action, closed.event_action]).toEqual(['trigger', 'resolve']);
    expect(closed.dedup_key).toBe(opened.dedup_key);
    expect(incident(opening, { ...data, pbx: 'other' }).dedup_key).not.toBe(opened.dedup_key);
  });

  it('without its key fails with what to do', () => {
    const content: Content = { format: 'pbx', template: 'pagerduty', batch: false, headers: {} };
    expect(bodyOf(content, [eventOf('pbx.connected', {})], expressions)).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('X-Routing-Key'),
    });
  });
});

describe.each([
  ['slack', (body: string) => JSON.parse(body).text, 4_000],
  ['discord', (body: string) => JSON.parse(body).embeds[0].title, 256],
] as const)('%s', (template, headlineIn, max) => {
  it.each(['&', '\\', '\u{1f4de}', '&\\<'])('cuts a headline made of %s where a character ends', (mark) => {
    for (const before of ['', 'x', 'xx', 'xxx', 'xxxx']) {
      const name = before + mark.repeat(5_000);
      const text = headlineIn(
        render(template, 'call.missed', { from_extension: '1', caller_name: name }).body,
      );
      expect(text.length).toBeLessThanOrEqual(max);
      expect(text.length).toBeGreaterThan(max - 6);
      expect(problemOf(template, 'call.missed', { from_extension: '1', caller_name: name })).toBe('');
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it('leaves a headline whole that has room once it is escaped', () => {
    const data = { from_extension: '1', caller_name: '<b>', to_extension: '2' };
    const shown = template === 'slack' ? '&lt;b&gt;' : '<b\\>';
    expect(headlineIn(render(template, 'call.missed', data).body)).toBe(`Missed call from ${shown} (1) at 2`);
  });
});

test('zapier gets as one text of JSON what lies deeper than names should grow', () => {
  const data = { a: { b: { c: { d: { e: { f: { g: { h: [1] } }, i: 2 } } } } } };
  const body = JSON.parse(render('zapier', 'door.opened', data).body);
  expect(body).toMatchObject({ a_b_c_d_e_f: '{"g":{"h":[1]}}', a_b_c_d_e_i: 2 });
});

test('zapier gets one level of fields', () => {
  const body = JSON.parse(
    render('zapier', 'user.event', { name: 'Door', fields: { door: 'north' }, targets: ['1', '2'] }).body,
  );
  expect(body).toMatchObject({ name: 'Door', fields_door: 'north', targets: '1, 2', summary: 'Event Door' });
});
