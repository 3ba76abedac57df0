import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_TYPES } from '../../../src/model/event-types.ts';
import {
  headersSchema,
  parseSubscriptionUrl,
  subscriptionListSchema,
  subscriptionSchema,
} from '../../../src/subscription/rules.ts';

const URL_OK = 'https://crm.example.com/hook';

/** Path and message of each rule that `input` breaks. */
function problems(input: unknown, schema: z.ZodType = subscriptionSchema): [string, string][] {
  const result = schema.safeParse(input);
  return result.success ? [] : result.error.issues.map(({ path, message }) => [path.join('.'), message]);
}

describe('URL', () => {
  it.each([
    ['https://CRM.Example.com:443/Hook?b=2&a=1', 'https://crm.example.com/Hook?b=2&a=1'],
    ['http://localhost:3000', 'http://localhost:3000/'],
    ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
    ['https://your-server.com/webhooks', 'https://your-server.com/webhooks'],
  ])('%s is kept as %s', (given, kept) => {
    expect(parseSubscriptionUrl(given)).toEqual({ ok: true, url: kept });
  });

  it.each([
    ['ftp://example.com/', /absolute http or https/],
    ['javascript:alert(1)', /absolute http or https/],
    ['//example.com/hook', /absolute http or https/],
    ['example.com/hook', /absolute http or https/],
    ['https:example.com', /absolute http or https/],
    ['https://', /absolute http or https/],
    ['', /absolute http or https/],
    [' https://example.com', /without spaces/],
    ['https://example.com/a b', /without spaces/],
    ['https://example.com/\n', /without spaces/],
    ['https://good.example\\@evil.example/', /absolute http or https/],
    ['https://user:pass@example.com/', /credentials/],
    ['https://user@example.com/', /credentials/],
    ['https://example.com/hook?token=a#b', /fragment/],
    [`https://example.com/${'a'.repeat(2_029)}`, /2049 characters long/],
    [`https://example.com/${'ä'.repeat(400)}`, /once encoded/],
  ])('%s is refused', (given, reason) => {
    const parsed = parseSubscriptionUrl(given);
    expect(parsed).toMatchObject({ ok: false, message: expect.stringMatching(reason) });
  });

  it('takes 2,048 characters', () => {
    expect(parseSubscriptionUrl(`https://example.com/${'a'.repeat(2_028)}`).ok).toBe(true);
  });

  it('is the same however often it is normalised', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (given) => {
        const once = parseSubscriptionUrl(given);
        expect(once.ok && parseSubscriptionUrl(once.url)).toEqual(once);
      }),
    );
  });
});

describe('events', () => {
  it('takes each type of the catalogue, its prefixes and *', () => {
    const families = EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`);
    const events = [...new Set([...EVENT_TYPES, ...families, '*'])];
    expect(problems({ url: URL_OK, events })).toEqual([]);
  });

  it('defaults to all and drops repetitions', () => {
    expect(subscriptionSchema.parse({ url: URL_OK }).events).toEqual(['*']);
    const twice = { url: URL_OK, events: ['call.*', 'call.ended', 'call.*'] };
    expect(subscriptionSchema.parse(twice).events).toEqual(['call.*', 'call.ended']);
  });

  it.each([
    [['call.startd'], 'events.0', /"call.startd" is not an event type; did you mean call.started\?/],
    [['*', 'zzzzzzzzzzzzz'], 'events.1', /is not an event type; use an exact type/],
    [['nothing.*'], 'events.0', /matches no event type/],
    [['c*.started'], 'events.0', /may only stand at the end/],
    [['**'], 'events.0', /may only stand at the end/],
    [[''], 'events.0', /is not an event type/],
    [[], 'events', /is empty/],
    [Array.from({ length: 201 }, () => 'call.*'), 'events', /at most 200/],
  ])('refuses %j', (events, path, message) => {
    expect(problems({ url: URL_OK, events })).toEqual([[path, expect.stringMatching(message)]]);
  });
});

describe('headers', () => {
  const one = (name: string, value = 'x') => problems({ [name]: value }, headersSchema);

  it.each(['Authorization', 'User-Agent', 'Content-Type', 'X-Webhook-ID', 'X-Webhook-Event', 'x_y.z'])(
    'takes %s',
    (name) => expect(one(name)).toEqual([]),
  );

  it.each([
    'X-Webhook-Signature',
    'webhook-id',
    'Webhook-Timestamp',
    'WEBHOOK-SIGNATURE',
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'Expect',
  ])("refuses %s, which a subscription can't set", (name) => {
    expect(one(name)).toEqual([[name, expect.stringMatching(/can't be set/)]]);
  });

  it.each(['', 'a b', 'a:b', 'ä', 'a\r\nb', '(x)'])('refuses the name %j', (name) => {
    expect(one(name)).toEqual([[name, expect.stringMatching(/is not a header name/)]]);
  });

  it.each([['a\r\nX-Evil: 1'], ['a\nb'], ['a\rb'], ['a\0b']])('refuses the value %j', (value) => {
    expect(one('X-A', value)).toEqual([['X-A', expect.stringMatching(/CR, LF or NUL/)]]);
  });

  it('refuses what HTTP cannot send, and repeats no value', () => {
    expect(one('X-A', 'hunter2 ✓')).toEqual([['X-A', expect.not.stringContaining('hunter2')]]);
    expect(one('X-A', 'x'.repeat(8_193))).toEqual([['X-A', expect.stringMatching(/at most 8192/)]]);
    expect(one('X-A', 'é')).toEqual([]);
  });

  it('refuses one header under two spellings', () => {
    expect(problems({ 'X-A': '1', 'x-a': '2' }, headersSchema)).toEqual([
      ['x-a', expect.stringMatching(/stands there twice/)],
    ]);
  });

  it('takes 100 and refuses 101', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'v']));
    expect(problems(many(100), headersSchema)).toEqual([]);
    expect(problems(many(101), headersSchema)).toEqual([['', expect.stringMatching(/101 headers/)]]);
  });
});

describe('secret', () => {
  it.each(['your-secret-key', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'pässwörd', 'x'])(
    'takes %s',
    (secret) => expect(problems({ url: URL_OK, secret })).toEqual([]),
  );

  it.each([
    ['', /is empty/],
    ['hunter2\n', /control character/],
    ['whsec_', /padded base64/],
    ['whsec_hunter2!', /padded base64/],
    ['whsec_hunter2', /padded base64/],
    ['x'.repeat(1_025), /longer than 1024/],
  ])('refuses %j without repeating it', (secret, reason) => {
    const found = problems({ url: URL_OK, secret });
    expect(found).toEqual([['secret', expect.stringMatching(reason)]]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
});

describe('subscription', () => {
  it('takes every option that is documented', () => {
    const options = {
      filter: {
        extensions: ['10*'],
        direction: ['inbound'],
        queues: ['support'],
        where: 'data.duration > 30',
      },
      retry: { attempts: 5, delay: 1, backoff: 'exponential', factor: 2, max_delay: 60, jitter: 0.5 },
      timeout: 5,
      max_age: 30,
      ordering: 'none',
      concurrency: 8,
      rate_limit: 50,
      batch: { max_events: 100, max_wait: 1 },
      format: 'cloudevents',
      tls: { ca: 'ca.pem' },
    };
    expect(problems({ url: URL_OK, ...options })).toEqual([]);
  });

  it.each([
    [{ template: 'slack', transform: 'data' }, 'transform'],
    [{ template: 'slack', format: 'cloudevents' }, 'format'],
    [{ template: 'slack', batch: {} }, 'batch'],
  ])('refuses %j, which contradicts itself', (options, path) => {
    expect(problems({ url: URL_OK, ...options })).toEqual([[path, expect.stringContaining('leave')]]);
  });

  it.each([
    [{ filter: { where: 'data.(' } }, 'filter.where', /is not JSONata: .*at character 6/],
    [{ transform: '{ "a": }' }, 'transform', /is not JSONata: .*at character \d/],
    [{ transform: 'data ~> /(/' }, 'transform', /is not JSONata/],
    [{ template: 'pagerduty' }, 'template', /X-Routing-Key/],
    [{ template: 'pagerduty', headers: { 'X-Routing-Key': '' } }, 'template', /X-Routing-Key/],
  ])('refuses %j, and says where it is wrong', (options, path, message) => {
    expect(problems({ url: URL_OK, ...options })).toEqual([[path, expect.stringMatching(message)]]);
  });

  it('takes the template of PagerDuty with its key, however that is spelt', () => {
    const headers = { 'x-routing-key': 'R'.repeat(32) };
    expect(problems({ url: URL_OK, template: 'pagerduty', headers })).toEqual([]);
  });

  it('survives an expression that is none', () => {
    for (const odd of [3, null, {}, '', 'x'.repeat(10_001)]) {
      expect(problems({ url: URL_OK, transform: odd })).toEqual([['transform', expect.any(String)]]);
      expect(problems({ url: URL_OK, filter: { where: odd } })).toEqual([
        ['filter.where', expect.any(String)],
      ]);
    }
    expect(problems({ url: URL_OK, filter: null })).toEqual([['filter', expect.any(String)]]);
  });

  it('refuses a key that nobody knows', () => {
    expect(problems({ url: URL_OK, sekret: 'x' })).toEqual([['', expect.stringContaining('sekret')]]);
  });

  it('stands once in a list, whatever its spelling', () => {
    const list = [{ url: 'https://a.example' }, { url: URL_OK }, { url: 'HTTPS://A.example:443/' }];
    expect(problems(list, subscriptionListSchema)).toEqual([
      ['2.url', expect.stringMatching(/URL of entry 1 as well/)],
    ]);
  });

  it('has a JSON Schema for editors', () => {
    const schema = z.toJSONSchema(subscriptionListSchema, { io: 'input' });
    expect(schema).toMatchObject({
      type: 'array',
      items: { required: ['url'], additionalProperties: false },
    });
  });
});
