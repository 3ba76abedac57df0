import { z } from 'zod';
import { callKeys, callSample, define, party, seconds, text, time } from './define.ts';

const dispositions = [
  'answered',
  'no_answer',
  'busy',
  'declined',
  'cancelled',
  'voicemail',
  'abandoned',
  'application',
  'failed',
  'unknown',
] as const;

const ended = {
  started_at: time,
  answered_at: time.optional(),
  ended_at: time,
  duration: seconds,
  billsec: seconds.optional().describe('seconds from the answer'),
  disposition: z.enum(dispositions).optional().describe('absent when an unanswered call merged into another'),
  answered_by: party.optional(),
  hangup_cause: z.int().min(1).optional().describe('Q.850 cause of the caller’s channel'),
  hangup_cause_text: text.optional(),
  hangup_by: z.enum(['caller', 'callee', 'system']).optional(),
  recording: text.optional().describe('file path on the PBX'),
  merged_into: text.optional().describe('call_id of the older call that goes on'),
};

const parkingSlot = { parking_lot: text.optional(), parking_space: text.optional() };
const slotSample = { parking_lot: 'default', parking_space: '701' };

/** Events of calls: the first half of the guide's types, and what goes beyond it. */
export const callTypes = [
  define(
    'call.started',
    'A call began: its first device dialled, or was rung by a click-to-call.',
    z.looseObject(callKeys),
    { ...callSample, sequence: 1 },
  ),
  define(
    'call.ringing',
    'An extension rings; sent once for each extension of a call.',
    z.looseObject({ ...callKeys, to_extension: party.describe('the extension that rings') }),
    { ...callSample, sequence: 2 },
  ),
  define(
    'call.answered',
    'A person or an outside party answered, once for each call. A menu, a queue or voicemail does not answer.',
    z.looseObject({
      ...callKeys,
      answered_by: party.optional(),
      answered_at: time,
      ring_seconds: seconds.optional().describe('how long the answering device had rung'),
      queue: text.optional(),
    }),
    {
      ...callSample,
      timestamp: '2025-12-07T12:00:06Z',
      sequence: 3,
      answered_by: '1002',
      answered_at: '2025-12-07T12:00:06Z',
      ring_seconds: 5.8,
    },
  ),
  define('call.ended', 'The last channel of a call is gone.', z.looseObject({ ...callKeys, ...ended }), {
    ...callSample,
    timestamp: '2025-12-07T12:01:06Z',
    sequence: 4,
    started_at: '2025-12-07T12:00:00Z',
    answered_at: '2025-12-07T12:00:06Z',
    ended_at: '2025-12-07T12:01:06Z',
    duration: 66,
    billsec: 60,
    disposition: 'answered',
    answered_by: '1002',
    hangup_cause: 16,
    hangup_cause_text: 'Normal Clearing',
    hangup_by: 'caller',
  }),
  define(
    'call.hold',
    'A party put the call on hold.',
    z.looseObject({ ...callKeys, held_by: party.optional() }),
    { ...callSample, sequence: 4, held_by: '1002' },
  ),
  define(
    'call.resume',
    'The party that held the call took it back, or transferred it.',
    z.looseObject({ ...callKeys, resumed_by: party.optional(), hold_seconds: seconds }),
    { ...callSample, sequence: 5, resumed_by: '1002', hold_seconds: 12.5 },
  ),
  define(
    'call.transfer',
    'A transfer succeeded; the call goes on with another party.',
    z.looseObject({
      ...callKeys,
      transfer_type: z.enum(['blind', 'attended']),
      transferred_by: party.optional(),
      transferred_party: party.optional(),
      transfer_destination: party.optional(),
      consultation_call_id: text.optional(),
    }),
    {
      ...callSample,
      sequence: 6,
      transfer_type: 'blind',
      transferred_by: '1002',
      transferred_party: '1001',
      transfer_destination: '1003',
    },
  ),
  define(
    'call.parked',
    'The call sits in a parking space.',
    z.looseObject({
      ...callKeys,
      ...parkingSlot,
      parked_by: party.optional(),
      parked_party: party.optional(),
      timeout_seconds: seconds.optional(),
    }),
    {
      ...callSample,
      ...slotSample,
      sequence: 4,
      parked_by: '1002',
      parked_party: '1001',
      timeout_seconds: 45,
    },
  ),
  define(
    'call.retrieved',
    'Someone fetched the call from its parking space.',
    z.looseObject({
      ...callKeys,
      ...parkingSlot,
      retrieved_by: party.optional(),
      parked_seconds: seconds.optional(),
    }),
    { ...callSample, ...slotSample, sequence: 5, retrieved_by: '1003', parked_seconds: 20.3 },
  ),
  define(
    'call.missed',
    'An extension rang, and nobody ever answered the call.',
    z.looseObject({ ...callKeys, to_extension: party.describe('the extension that missed it') }),
    { ...callSample, sequence: 3 },
  ),
  define(
    'call.park_timeout',
    'Nobody fetched the parked call in time; the PBX sends it on, mostly back to the parker.',
    z.looseObject({ ...callKeys, ...parkingSlot, parked_seconds: seconds.optional() }),
    { ...callSample, ...slotSample, sequence: 5, parked_seconds: 45 },
  ),
  define(
    'call.park_abandoned',
    'The parked party hung up.',
    z.looseObject({ ...callKeys, ...parkingSlot, parked_seconds: seconds.optional() }),
    { ...callSample, ...slotSample, sequence: 5, parked_seconds: 12.1 },
  ),
  define(
    'recording.completed',
    'A recording of a call (MixMonitor) is complete.',
    z.looseObject({ ...callKeys, file_path: text, duration: seconds.optional() }),
    {
      ...callSample,
      sequence: 5,
      file_path: '/var/spool/asterisk/monitor/1701964800.42.wav',
      duration: 60,
    },
  ),
] as const;
