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
  started_at: time.describe('when the first device dialled or was rung'),
  answered_at: time.optional().describe('when it was answered; absent if nobody did'),
  ended_at: time.describe('when the last channel was gone'),
  duration: seconds.describe('seconds from the start'),
  billsec: seconds.optional().describe('seconds from the answer'),
  disposition: z
    .enum(dispositions)
    .optional()
    .describe('what became of it; absent when an unanswered call merged into another'),
  answered_by: party.optional().describe('as in `call.answered`'),
  hangup_cause: z.int().min(1).optional().describe('Q.850 cause of the caller’s channel'),
  hangup_cause_text: text.optional().describe('the PBX’s words for it'),
  hangup_by: z
    .enum(['caller', 'callee', 'system'])
    .optional()
    .describe('the device that began, any other party, or the PBX; absent for a merged call'),
  recording: text.optional().describe('file path on the PBX'),
  merged_into: text.optional().describe('call_id of the older call that goes on'),
};

const parkingSlot = {
  parking_lot: text.optional().describe('name of the parking lot'),
  parking_space: text.optional().describe('number to dial to fetch the call'),
};
const parkedSeconds = seconds.optional().describe('seconds in the parking space');
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
      answered_by: party.optional().describe('extension, or the number sent to the trunk'),
      answered_at: time,
      ring_seconds: seconds
        .optional()
        .describe('seconds that the answering device had rung; absent for a pickup'),
      queue: text.optional().describe('queue that brought the caller to the agent'),
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
  define(
    'call.ended',
    'The last channel of a call is gone, or the call merged into an older one; once for each call.',
    z.looseObject({ ...callKeys, ...ended }),
    {
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
    },
  ),
  define(
    'call.hold',
    'A party put the call on hold. Music alone is no hold.',
    z.looseObject({ ...callKeys, held_by: party.optional().describe('who pressed hold') }),
    { ...callSample, sequence: 4, held_by: '1002' },
  ),
  define(
    'call.resume',
    'The party that held the call took it back, or transferred it. A held call that ends sends none.',
    z.looseObject({
      ...callKeys,
      resumed_by: party.optional().describe('who had pressed hold'),
      hold_seconds: seconds,
    }),
    { ...callSample, sequence: 5, resumed_by: '1002', hold_seconds: 12.5 },
  ),
  define(
    'call.transfer',
    'A transfer succeeded; the call goes on with another party. One to the parking extension is parking.',
    z.looseObject({
      ...callKeys,
      transfer_type: z
        .enum(['blind', 'attended'])
        .describe('attended: after a consultation, or while it rings'),
      transferred_by: party.optional().describe('who gave the call away'),
      transferred_party: party.optional().describe('who was given away'),
      transfer_destination: party.optional().describe('to whom, or the number dialled'),
      consultation_call_id: text
        .optional()
        .describe('call_id of the consultation, where it was a call of its own'),
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
    'The call sits in a parking space; again, if it is parked again.',
    z.looseObject({
      ...callKeys,
      ...parkingSlot,
      parked_by: party.optional().describe('who parked'),
      parked_party: party.optional().describe('who waits in the space'),
      timeout_seconds: seconds.optional().describe('seconds until the PBX sends the call on'),
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
    'Someone fetched the call from its parking space. One that nobody had answered is answered by it.',
    z.looseObject({
      ...callKeys,
      ...parkingSlot,
      retrieved_by: party.optional().describe('who fetched it'),
      parked_seconds: parkedSeconds,
    }),
    { ...callSample, ...slotSample, sequence: 5, retrieved_by: '1003', parked_seconds: 20.3 },
  ),
  define(
    'call.missed',
    'An extension rang, neither took nor declined the call, and nobody ever answered it; once for each extension.',
    z.looseObject({ ...callKeys, to_extension: party.describe('the extension that missed it') }),
    { ...callSample, sequence: 3 },
  ),
  define(
    'call.park_timeout',
    'Nobody fetched the parked call in time; the PBX sends it on, mostly back to the parker.',
    z.looseObject({ ...callKeys, ...parkingSlot, parked_seconds: parkedSeconds }),
    { ...callSample, ...slotSample, sequence: 5, parked_seconds: 45 },
  ),
  define(
    'call.park_abandoned',
    'The parked party hung up.',
    z.looseObject({ ...callKeys, ...parkingSlot, parked_seconds: parkedSeconds }),
    { ...callSample, ...slotSample, sequence: 5, parked_seconds: 12.1 },
  ),
  define(
    'recording.completed',
    'A recording of a call (MixMonitor) is complete.',
    z.looseObject({ ...callKeys, file_path: text.describe('path on the PBX'), duration: seconds.optional() }),
    {
      ...callSample,
      sequence: 5,
      file_path: '/var/spool/asterisk/monitor/1701964800.42.wav',
      duration: 60,
    },
  ),
] as const;
