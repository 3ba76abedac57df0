import { z } from 'zod';
import {
  callSample,
  count,
  define,
  maybeCallKeys,
  pbxKeys,
  pbxSample,
  seconds,
  text,
  time,
} from './define.ts';

const message = {
  ...maybeCallKeys,
  extension: text.describe('mailbox'),
  caller_id: text.optional(),
  duration: seconds.optional(),
  file_path: text.optional().describe('its audio, or its path without an ending where that is not known'),
  message_id: text.optional().describe('stays the same when the message moves'),
  folder: text.optional().describe('INBOX, Urgent, Old, Work …; of a deleted message where it was'),
  new_count: count,
  old_count: count,
};
const messageSample = { ...pbxSample, extension: '1002', new_count: 0, old_count: 3 };

const contact = {
  ...pbxKeys,
  extension: text,
  ip_address: text.optional(),
  port: z.int().min(1).max(65535).optional(),
  user_agent: text.optional(),
  contact_uri: text.optional(),
  expires_at: time.optional(),
  transport: text.optional(),
  contacts: count.describe('contacts of the extension now'),
};
const contactSample = {
  ...pbxSample,
  extension: '1001',
  ip_address: '10.0.0.15',
  port: 5060,
  user_agent: 'Yealink SIP-T54W',
  contact_uri: 'sip:1001@10.0.0.15:5060',
  transport: 'udp',
};

const device = {
  ...pbxKeys,
  extension: text,
  ip_address: text.optional(),
  port: z.int().min(1).max(65535).optional(),
};
const trunk = { ...pbxKeys, trunk: text, reason: text.optional() };

/** Events of mailboxes, registrations and trunks. */
export const accountTypes = [
  define('voicemail.new', 'A message was left.', z.looseObject(message), {
    ...callSample,
    extension: '1002',
    caller_id: '1001',
    duration: 14,
    message_id: '1765108764-00000003',
    file_path: '/var/spool/asterisk/voicemail/default/1002/INBOX/msg0000.wav',
    folder: 'INBOX',
    new_count: 1,
    old_count: 2,
  }),
  define('voicemail.read', 'A message moved from new to old.', z.looseObject(message), messageSample),
  define('voicemail.deleted', 'A message is gone.', z.looseObject(message), {
    ...messageSample,
    old_count: 2,
  }),
  define(
    'extension.registered',
    'A device registered: the first, another one, or from another address. A refresh is not told.',
    z.looseObject(contact),
    { ...contactSample, expires_at: '2025-12-07T13:00:00Z', contacts: 1 },
  ),
  define(
    'extension.unregistered',
    'A registered device is gone.',
    z.looseObject({ ...contact, reason: z.enum(['removed', 'replaced', 'expired']).optional() }),
    { ...contactSample, contacts: 0, reason: 'expired' },
  ),
  define('extension.unreachable', 'A registered device stopped answering the PBX.', z.looseObject(device), {
    ...pbxSample,
    extension: '1001',
  }),
  define('extension.reachable', 'A registered device answers the PBX again.', z.looseObject(device), {
    ...pbxSample,
    extension: '1001',
  }),
  define(
    'extension.auth_failed',
    'Someone tried to register as an extension with a wrong password.',
    z.looseObject({ ...device, reason: text.optional() }),
    { ...pbxSample, extension: '1001', ip_address: '203.0.113.7' },
  ),
  define('trunk.registered', 'The PBX registered with a provider.', z.looseObject(trunk), {
    ...pbxSample,
    trunk: 'trunk1',
  }),
  define('trunk.unregistered', 'The registration of the PBX with a provider is gone.', z.looseObject(trunk), {
    ...pbxSample,
    trunk: 'trunk1',
    reason: 'Rejected',
  }),
] as const;
