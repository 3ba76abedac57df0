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
  extension: text.describe('number of the mailbox'),
  caller_id: text.optional().describe('number of who left it'),
  duration: seconds.optional().describe('seconds of speech'),
  file_path: text
    .optional()
    .describe('its audio on the PBX, or its path without an ending where that is not known'),
  message_id: text.optional().describe('stays the same wherever the message is moved'),
  folder: text.optional().describe('`INBOX`, `Urgent`, `Old`, `Work` …; of a deleted message where it was'),
  new_count: count.describe('new messages in the mailbox now'),
  old_count: count.describe('old messages in the mailbox now'),
};
const messageSample = { ...pbxSample, extension: '1002', new_count: 0, old_count: 3 };

const device = {
  ...pbxKeys,
  extension: text.describe('the extension that the device registers or poses as'),
  ip_address: text.optional().describe('address that the PBX sees, else the one that the device wrote'),
  port: z.int().min(1).max(65535).optional().describe('port to that address'),
};
const contact = {
  ...device,
  user_agent: text.optional().describe('what the device says it is'),
  contact_uri: text.optional().describe('SIP URI of the contact; absent for chan_sip and IAX'),
  expires_at: time.optional().describe('when the registration expires unless it is refreshed'),
  transport: text.optional().describe('`udp`, `tcp`, `tls`, `ws` or `wss`'),
  contacts: count.describe('devices registered with the extension now'),
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

const trunk = {
  ...pbxKeys,
  trunk: text.describe('the registration’s name in the PBX’s configuration, else `account@provider`'),
};
const trunkSample = { ...pbxSample, trunk: 'trunk1' };

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
    z.looseObject({
      ...contact,
      reason: z
        .enum(['removed', 'replaced', 'expired'])
        .optional()
        .describe('the device took it back, another one took its place, or it was not refreshed'),
    }),
    { ...contactSample, contacts: 0, reason: 'expired' },
  ),
  define(
    'extension.unreachable',
    'A registered device stopped answering the PBX; it stays registered.',
    z.looseObject(contact),
    { ...contactSample, contacts: 1 },
  ),
  define('extension.reachable', 'A registered device answers the PBX again.', z.looseObject(contact), {
    ...contactSample,
    contacts: 1,
  }),
  define(
    'extension.auth_failed',
    'A device, or someone who poses as one, was not let in: to register or to call. Of each extension, address and ' +
      'reason the first failure is told, and then at most one a minute until a good password or a minute of ' +
      'quiet; of one address that tries more than ten extensions the further ones are passed over. Accounts ' +
      'that the PBX does not have are no extensions (chan_sip does not tell them apart).',
    z.looseObject({
      ...device,
      reason: z
        .enum(['wrong_password', 'address_not_allowed', 'too_many_contacts'])
        .describe(
          '`too_many_contacts`: the password was right, but the account has as many devices as it may',
        ),
      count: z.int().min(1).describe('failures since the last one that was told, this one included'),
    }),
    {
      ...pbxSample,
      extension: '1001',
      ip_address: '203.0.113.7',
      port: 5060,
      reason: 'wrong_password',
      count: 1,
    },
  ),
  define(
    'trunk.registered',
    'The PBX registered with a provider, where it had not been before. A refresh is not told.',
    z.looseObject(trunk),
    trunkSample,
  ),
  define(
    'trunk.unregistered',
    'A registration with a provider failed, or was given up and did not come back within 15 seconds.',
    z.looseObject({
      ...trunk,
      reason: text
        .optional()
        .describe(
          '`rejected`, `timeout`, `unregistered`, `removed` and the like, or the provider’s own words',
        ),
    }),
    { ...trunkSample, reason: 'rejected' },
  ),
] as const;
