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

const queued = { ...callKeys, queue: text };
const queuedSample = { ...callSample, to_extension: '600', called_number: '600', queue: 'support' };
const agent = {
  agent: text.optional().describe('name of the queue’s member'),
  agent_extension: party.optional(),
};
const agentSample = { agent: 'Bob Brown', agent_extension: '1002' };

/** Events of an agent's membership, which belong to no call. */
function membership<const Name extends string>(name: Name, description: string) {
  return define(
    name,
    description,
    z.looseObject({ ...pbxKeys, queue: text, ...agent, reason: text.optional() }),
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
      position: count.optional(),
      waiting_count: count.optional(),
      caller_id: text.optional(),
    }),
    { ...queuedSample, position: 1, waiting_count: 1, caller_id: '1001' },
  ),
  define(
    'queue.call_answered',
    'An agent got the caller.',
    z.looseObject({
      ...queued,
      ...agent,
      wait_seconds: seconds.optional(),
      ring_seconds: seconds.optional(),
    }),
    { ...queuedSample, ...agentSample, wait_seconds: 14.2, ring_seconds: 4 },
  ),
  define(
    'queue.call_abandoned',
    'The caller hung up while waiting.',
    z.looseObject({
      ...queued,
      position: count.optional(),
      original_position: count.optional(),
      wait_seconds: seconds.optional(),
    }),
    { ...queuedSample, position: 1, original_position: 3, wait_seconds: 61.7 },
  ),
  define(
    'queue.call_exited',
    'The caller left the queue without an agent and without hanging up, or could not enter it.',
    z.looseObject({
      ...queued,
      reason: text.optional().describe('timeout, key, full, empty, unavailable, continue or withdrawn'),
      position: count.optional(),
      original_position: count.optional(),
      wait_seconds: seconds.optional(),
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
    z.looseObject({ ...queued, ...agent, ring_seconds: seconds.optional() }),
    { ...queuedSample, ...agentSample, ring_seconds: 15 },
  ),
  define(
    'queue.agent_complete',
    'An agent’s talk with a caller of the queue is over; told after the end of a call, it is of none.',
    z.looseObject({
      ...maybeCallKeys,
      queue: text,
      ...agent,
      talk_seconds: seconds.optional(),
      wait_seconds: seconds.optional(),
      reason: text.optional().describe('caller, agent or transfer'),
    }),
    { ...queuedSample, ...agentSample, talk_seconds: 180, wait_seconds: 14, reason: 'caller' },
  ),
  membership('queue.agent_added', 'An agent joined a queue.'),
  membership('queue.agent_removed', 'An agent left a queue.'),
  membership('queue.agent_paused', 'An agent was paused in a queue.'),
  membership('queue.agent_unpaused', 'An agent takes calls of a queue again.'),
] as const;
