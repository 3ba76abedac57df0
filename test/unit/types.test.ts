import { expect, expectTypeOf, test } from 'vitest';
import { signBody, signingKeys } from '../../src/delivery/signature.ts';
import {
  type EventData,
  type EventType,
  verify,
  type WebhookBatch,
  type WebhookCloudEvent,
  type WebhookEvent,
} from '../../src/index.ts';

/** What a receiver writes; `npm run typecheck` checks it. */
function told(event: WebhookEvent): string {
  switch (event.event_type) {
    case 'call.ended':
      expectTypeOf(event.data.duration).toEqualTypeOf<number>();
      expectTypeOf(event.data.hangup_by).toEqualTypeOf<'caller' | 'callee' | 'system' | undefined>();
      return `${event.data.call_id} took ${event.data.duration} s`;
    case 'voicemail.new':
      return `${event.data.extension} has ${event.data.new_count}`;
    case 'extension.registered':
    case 'extension.unregistered':
      return `${event.data.extension} at ${event.data.ip_address}`;
    default:
      return event.event_type;
  }
}

test('what verify returns is told apart by event_type', () => {
  const data: EventData<'voicemail.new'> = {
    timestamp: '2025-12-07T12:00:00Z',
    extension: '1002',
    new_count: 1,
    old_count: 0,
  };
  const event: WebhookEvent<'voicemail.new'> = {
    event_id: 'voicemail.new-1',
    event_type: 'voicemail.new',
    timestamp: '2025-12-07T12:00:00.000000Z',
    data,
  };
  const body = JSON.stringify(event);
  const verified = verify(body, { 'x-webhook-signature': signBody(signingKeys('s3cret'), body) }, 's3cret');
  expectTypeOf(verified).toEqualTypeOf<WebhookEvent>();
  expect(told(verified)).toBe('1002 has 1');
});

test('each type has its own data, in which a misspelt key or a wrong value is an error', () => {
  expectTypeOf<WebhookEvent['event_type']>().toEqualTypeOf<EventType>();
  expectTypeOf<EventData<'call.transfer'>['transfer_type']>().toEqualTypeOf<'blind' | 'attended'>();
  expectTypeOf<EventData<'paging.ended'>['answered_by']>().toEqualTypeOf<string[]>();
  expectTypeOf<EventData<'call.ended'>>().not.toHaveProperty('durration');
  expectTypeOf<EventData<'pbx.connected'>>().not.toHaveProperty('call_id');
  expectTypeOf<{ call_id: 7 }>().not.toExtend<EventData<'call.started'>>();
  expectTypeOf<EventData>().toExtend<{ readonly timestamp: string }>();
});

test('a subscription with a body of its own is read as that', () => {
  const body = '{"text":"hello"}';
  const headers = { 'x-webhook-signature': signBody(signingKeys('s3cret'), body) };
  const verified = verify<{ text: string }>(body, headers, 's3cret');
  expectTypeOf(verified).toEqualTypeOf<{ text: string }>();
  expect(verified.text).toBe('hello');
});

test('batches and CloudEvents have their data known as well', () => {
  const inBatch = (batch: WebhookBatch): readonly string[] => batch.events.map(told);
  const ofCloud = (event: WebhookCloudEvent): string => {
    if (event.type !== 'pbx.call.ended') return event.type;
    expectTypeOf(event.data.duration).toEqualTypeOf<number>();
    return `${event.data.call_id} took ${event.data.duration} s`;
  };
  expectTypeOf(inBatch).returns.toEqualTypeOf<readonly string[]>();
  expectTypeOf(ofCloud).parameter(0).toHaveProperty('specversion');
});
