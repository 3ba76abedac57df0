import { z } from 'zod';
import {
  callKeys,
  callSample,
  count,
  define,
  maybeCallKeys,
  party,
  pbxKeys,
  pbxSample,
  seconds,
  text,
} from './define.ts';

const queueName = text.describe('name of the queue');
const queued = { ...callKeys, queue: queueName };
const position = count.optional().describe('place in the queue, 1 is next');
const originalPosition = count.optional().describe('place at which the caller had entered');
const waitSeconds = seconds.optional().describe('seconds that the caller has waited');
const queuedSample = { ...callSample, to_extension: '600', called_number: '600', queue: 'support' };
const agent = {
  agent: text.optional().describe('name of the queue’s member'),
  agent_extension: party.optional().describe('extension that the member’s device stands for'),
};
const agentSample = { agent: 'Bob Brown', agent_extension: '1002' };

/** Events of an agent's membership, which belong to no call. */
function membership<const Name extends string>(name: Name, description: string) {
  return define(
    name,
    description,
    z.looseObject({
      ...pbxKeys,
      queue: queueName,
      ...agent,
      reason: text.optional().describe('reason that was given for the pause'),
    }),
    { ...pbxSample, queue: 'support', ...agentSample },
  );
}

/** Events of queues: of waiting calls, and of agents. */
export const queueTypes = [
  define(
    'queue.call_added',
    'A caller entered a queue.',
    z.looseObject({
      ...queued,
      position,
      waiting_count: count.optional().describe('callers waiting, this one included'),
      caller_id: text.optional().describe('the caller’s number'),
    }),
    { ...queuedSample, position: 1, waiting_count: 1, caller_id: '1001' },
  ),
  define(
    'queue.call_answered',
    'An agent got the caller.',
    z.looseObject({
      ...queued,
      ...agent,
      wait_seconds: waitSeconds,
      ring_seconds: seconds.optional().describe('seconds that the agent’s device rang'),
    }),
    { ...queuedSample, ...agentSample, wait_seconds: 14.2, ring_seconds: 4 },
  ),
  define(
    'queue.call_abandoned',
    'The caller hung up while waiting.',
    z.looseObject({
      ...queued,
      position,
      original_position: originalPosition,
      wait_seconds: waitSeconds,
    }),
    { ...queuedSample, position: 1, original_position: 3, wait_seconds: 61.7 },
  ),
  define(
    'queue.call_exited',
    'The caller left the queue without an agent and without hanging up (a time-out, a key), or could not enter it.',
    z.looseObject({
      ...queued,
      reason: text
        .optional()
        .describe('`timeout`, `key`, `full`, `empty`, `unavailable`, `continue` or `withdrawn`'),
      position,
      original_position: originalPosition,
      wait_seconds: waitSeconds,
    }),
    { ...queuedSample, reason: 'timeout', position: 1, original_position: 1, wait_seconds: 300 },
  ),
  define(
    'queue.agent_ringing',
    'The queue rings an agent for a waiting caller.',
    z.looseObject({ ...queued, ...agent }),
    { ...queuedSample, ...agentSample },
  ),
  define(
    'queue.agent_no_answer',
    'An agent did not take the call that the queue offered.',
    z.looseObject({
      ...queued,
      ...agent,
      ring_seconds: seconds.optional().describe('seconds that it rang; 0 for a device that was busy'),
    }),
    { ...queuedSample, ...agentSample, ring_seconds: 15 },
  ),
  define(
    'queue.agent_complete',
    'An agent’s talk with a caller of the queue is over; told after the end of a call, it is of none.',
    z.looseObject({
      ...maybeCallKeys,
      queue: queueName,
      ...agent,
      talk_seconds: seconds.optional().describe('seconds of talk'),
      wait_seconds: waitSeconds,
      reason: text.optional().describe('what ended it: `caller`, `agent` or `transfer`'),
    }),
    { ...queuedSample, ...agentSample, talk_seconds: 180, wait_seconds: 14, reason: 'caller' },
  ),
  membership('queue.agent_added', 'An agent joined a queue.'),
  membership('queue.agent_removed', 'An agent left a queue.'),
  membership('queue.agent_paused', 'An agent was paused in a queue; a repeated pause is not told.'),
  membership('queue.agent_unpaused', 'An agent takes calls of a queue again.'),
] as const;
