import { z } from 'zod';
import { define, maybeCallKeys, pbxKeys, pbxSample, text, time } from './define.ts';

/** Events of the PBX connection, of subscriptions, and of the dial plan's own making. */
export const systemTypes = [
  define(
    'user.event',
    'The dial plan or a script sent a UserEvent.',
    z.looseObject({
      ...maybeCallKeys,
      name: text.describe('name that its author gave it'),
      fields: z
        .record(text, text)
        .describe('what its author wrote, keys in lower case; nothing of it can be trusted'),
    }),
    { ...pbxSample, name: 'DoorOpened', fields: { door: 'north' } },
  ),
  define(
    'pbx.connected',
    'The connection to a PBX is there; what it tells is trusted from then on.',
    z.looseObject(pbxKeys),
    pbxSample,
  ),
  define(
    'pbx.disconnected',
    'The connection to a PBX is lost: what happens now is found out, and told as inferred, once it is back.',
    z.looseObject({
      ...pbxKeys,
      reason: text.optional().describe('what happened to the connection, in words'),
    }),
    { ...pbxSample, reason: 'the PBX closed the connection' },
  ),
  define(
    'webhook.test',
    'A test of a subscription, sent on request.',
    z.looseObject({ timestamp: time, message: text.optional().describe('a line for people') }),
    { timestamp: '2025-12-07T12:00:00Z', message: 'This is a test.' },
  ),
  define(
    'subscription.disabled',
    'A subscription was disabled.',
    z.looseObject({
      timestamp: time,
      url: text.describe('URL of the subscription'),
      reason: z
        .enum(['requested', 'gone', 'failing'])
        .describe('someone asked, the receiver said 410 Gone, or it failed for days'),
    }),
    { timestamp: '2025-12-07T12:00:00Z', url: 'https://crm.example.com/hook', reason: 'gone' },
  ),
] as const;
