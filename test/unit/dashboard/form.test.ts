import { describe, expect, it } from 'vitest';
import type { Subscription } from '../../../src/dashboard/types.ts';
import {
  bodyOf,
  formOf,
  NEW_FORM,
  numberProblems,
  patchOf,
} from '../../../src/dashboard/views/subscriptions/form.ts';
import { isWanted, withPattern } from '../../../src/dashboard/views/subscriptions/patterns.ts';
import { FieldProblems } from '../../../src/dashboard/views/subscriptions/problems.ts';

const PLAIN: Subscription = {
  url: 'https://crm.example.com/hook',
  events: ['call.*'],
  enabled: true,
  created_at: '2026-11-29T12:00:00Z',
  last_sent: null,
  success_count: 0,
  failure_count: 0,
  id: 'sub_1',
  state: 'active',
  disabled_reason: null,
  description: null,
  origin: 'api',
  signed: true,
  header_names: ['Authorization'],
  expired_count: 0,
  failed_attempts: 0,
  backlog: 0,
};

const FULL: Subscription = {
  ...PLAIN,
  description: 'CRM',
  filter: {
    extensions: ['1001', '10*'],
    direction: ['inbound'],
    queues: ['support'],
    where: 'data.duration > 30',
  },
  retry: { backoff: 'exponential', attempts: 5, delay: 2, factor: 3, max_delay: 600, jitter: 0.1 },
  timeout: 5,
  max_age: 30,
  ordering: 'none',
  concurrency: 8,
  rate_limit: 50,
  batch: { max_events: 100, max_wait: 1 },
  format: 'cloudevents',
  tls: { ca: '/etc/ca.pem', server_name: 'crm' },
};

/** As it goes over the wire: without what is undefined. */
function sent(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body));
}

describe('a new subscription', () => {
  it('sends no more than what was given', () => {
    expect(sent(bodyOf({ ...NEW_FORM, url: ' https://crm.example.com/hook ' }))).toEqual({
      url: 'https://crm.example.com/hook',
      events: ['*'],
    });
  });

  it('sends every field under the name that the API has for it', () => {
    const form = {
      ...formOf(FULL),
      signing: 'own',
      secret: 's3',
      headers: [{ name: ' X-A ', value: '1' }],
    } as const;
    const { url, events, description, filter, retry, timeout, max_age, ordering } = FULL;
    const { concurrency, rate_limit, batch, format, tls } = FULL;
    expect(sent(bodyOf(form))).toEqual({
      ...{ url, events, description, filter, retry, timeout, max_age, ordering },
      ...{ concurrency, rate_limit, batch, format, tls },
      secret: 's3',
      headers: { 'X-A': '1' },
    });
  });

  it.each([
    ['slack', { template: 'slack' }],
    ['transform', { transform: '{ "a": 1 }' }],
    ['cloudevents', { format: 'cloudevents' }],
    ['pbx', {}],
  ] as const)('has %s make its body', (body, expected) => {
    const { url: _url, events: _events, ...rest } = bodyOf({ ...NEW_FORM, body, transform: '{ "a": 1 }' });
    expect(sent(rest)).toEqual(expected);
  });

  it('takes a decimal comma, and refuses what is no number before it is sent', () => {
    expect(bodyOf({ ...NEW_FORM, timeout: '2,5' }).timeout).toBe(2.5);
    expect(numberProblems({ ...NEW_FORM, timeout: '2,5', retry: 'schedule', schedule: '5, 300' }).size).toBe(
      0,
    );
    const wrong = numberProblems({ ...NEW_FORM, timeout: 'soon', retry: 'schedule', schedule: '5, x' });
    expect([...wrong.keys()].toSorted()).toEqual(['retry.schedule', 'timeout']);
  });

  it('refuses a number that can be read in two ways, or has no end', () => {
    const wrong = numberProblems({ ...NEW_FORM, maxAge: '86,400', timeout: 'Infinity' });
    expect([...wrong.keys()].toSorted()).toEqual(['max_age', 'timeout']);
  });

  it('asks nothing of fields that are not shown', () => {
    expect(
      numberProblems({ ...NEW_FORM, retry: 'persistent', delay: 'x', batch: false, maxWait: 'x' }).size,
    ).toBe(0);
    expect([...numberProblems({ ...NEW_FORM, retry: 'fixed', delay: 'x', factor: 'x' }).keys()]).toEqual([
      'retry.delay',
    ]);
  });
});

describe('an edit', () => {
  const kinds: readonly (readonly [string, Subscription])[] = [
    ['a plain one', PLAIN],
    ['one with everything', FULL],
    ['one that lists its retries', { ...PLAIN, retry: { schedule: [5, 300] } }],
    ['a persistent one', { ...PLAIN, retry: { preset: 'persistent' } }],
    ['one with few retries', { ...PLAIN, retry: { attempts: 2 } }],
    ['one with a template', { ...PLAIN, template: 'ntfy' }],
  ];
  it.each(kinds)('of %s that changes nothing sends nothing', (_name, subscription) => {
    expect(sent(patchOf(subscription, formOf(subscription)))).toEqual({});
  });

  it('sends what was changed, and null for what was taken away', () => {
    const form = {
      ...formOf(FULL),
      timeout: '7',
      where: '',
      description: '',
      batch: false,
      body: 'slack',
    } as const;
    expect(sent(patchOf(FULL, form))).toEqual({
      timeout: 7,
      description: null,
      filter: { extensions: ['1001', '10*'], direction: ['inbound'], queues: ['support'] },
      batch: null,
      format: null,
      template: 'slack',
    });
  });

  it('takes the secret away, or sets another', () => {
    expect(sent(patchOf(PLAIN, { ...formOf(PLAIN), signing: 'none' }))).toEqual({ secret: null });
    expect(sent(patchOf(PLAIN, { ...formOf(PLAIN), signing: 'own', secret: 's' }))).toEqual({ secret: 's' });
  });

  it('leaves headers alone until they are set anew', () => {
    expect(sent(patchOf(PLAIN, { ...formOf(PLAIN), headers: [] }))).toEqual({ headers: {} });
    expect(sent(patchOf(PLAIN, { ...formOf(PLAIN), headers: [{ name: 'X', value: 'y' }] }))).toEqual({
      headers: { X: 'y' },
    });
  });
});

describe('chosen events', () => {
  it('are wanted by name and by wildcard', () => {
    expect(isWanted('call.ended', ['call.*'])).toBe(true);
    expect(isWanted('call.ended', ['*'])).toBe(true);
    expect(isWanted('call.ended', ['call.end', 'queue.*'])).toBe(false);
  });

  it('become few when a wildcard means them', () => {
    expect(withPattern(['call.ended', 'queue.*', 'call.started'], 'call.*', true)).toEqual([
      'queue.*',
      'call.*',
    ]);
    expect(withPattern(['call.*'], '*', true)).toEqual(['*']);
  });

  it('are no longer all when one is chosen', () => {
    expect(withPattern(['*'], 'call.*', true)).toEqual(['call.*']);
    expect(withPattern(['call.*', 'queue.*'], 'call.*', false)).toEqual(['queue.*']);
  });
});

it('what is wrong is shown at the field that it is in', () => {
  const problems = FieldProblems.of({
    message: '',
    code: 'invalid_request',
    details: [
      { path: 'events.2', message: 'is not an event type' },
      { path: 'headers.X-Id', message: 'holds a CR' },
    ],
  });
  expect(problems.at('events')).toBe('is not an event type');
  expect(problems.at('header')).toBeUndefined();
  expect(problems.any('url', 'headers')).toBe(true);
});
