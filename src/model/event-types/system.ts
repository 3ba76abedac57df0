import { z } from 'zod';
import { define, maybeCallKeys, pbxKeys, pbxSample, text, time } from './define.ts';

/** Events of the PBX connection, of subscriptions, and of the dial plan's own making. */
export const systemTypes = [
  define(
    'user.event',
    'The dial plan or a script sent a UserEvent.',
    z.looseObject({ ...maybeCallKeys, name: text, fields: z.record(text, text) }),
    { ...pbxSample, name: 'DoorOpened', fields: { door: 'north' } },
  ),
  define('pbx.connected', 'The connection to a PBX is there.', z.looseObject(pbxKeys), pbxSample),
  define(
    'pbx.disconnected',
    'The connection to a PBX is lost.',
    z.looseObject({ ...pbxKeys, reason: text.optional() }),
    { ...pbxSample, reason: 'the PBX closed the connection' },
  ),
  define(
    'webhook.test',
    'A test of a subscription, sent on request.',
    z.looseObject({ timestamp: time, message: text.optional() }),
    { timestamp: '2025-12-07T12:00:00Z', message: 'This is a test.' },
  ),
  define(
    'subscription.disabled',
    'A subscription was disabled.',
    z.looseObject({ timestamp: time, url: text, reason: text }),
    { timestamp: '2025-12-07T12:00:00Z', url: 'https://crm.example.com/hook', reason: 'gone' },
  ),
] as const;
