import type { EventType } from '../../src/model/event-types.ts';

/** A chapter of docs/events.md: types that tell of the same thing. */
export interface EventFamily {
  readonly title: string;
  readonly text: string;
  /** A Mermaid sequence diagram: who does what at the PBX, and what a receiver (`R`) gets of it. */
  readonly diagram: string;
  readonly types: readonly EventType[];
}

export const FAMILIES: readonly EventFamily[] = [
  {
    title: 'Calls',
    text: `Three events tell a call, in this order: \`call.started\`, at most one \`call.answered\`, and \`call.ended\`. Ringing phones
and missed calls are told beside them, once for each extension. The [rules of calls](#rules-of-calls) say
what counts as a call, who the parties are, what an answer is and how a call ends.`,
    diagram: `sequenceDiagram
  participant A as 1001
  participant P as PBX
  participant B as 1002
  participant R as receiver
  A->>P: dials 1002
  P-->>R: call.started
  P->>B: rings
  P-->>R: call.ringing
  alt 1002 picks up
    B->>P: answers
    P-->>R: call.answered
    A->>P: hangs up
    P-->>R: call.ended (answered, by the caller)
  else nobody picks up
    P->>B: stops ringing
    P-->>R: call.missed
    P-->>R: call.ended (no_answer)
  end`,
    types: ['call.started', 'call.ringing', 'call.answered', 'call.missed', 'call.ended'],
  },
  {
    title: 'Hold',
    text: `Hold and resume of one party alternate; both parties may hold at once. Music alone is no hold: a queue and a parking
space play it too. A transfer ends the hold of the one who transfers, by a \`call.resume\` just before \`call.transfer\`, also
where the PBX says nothing of it. A held call that ends sends no resume.`,
    diagram: `sequenceDiagram
  participant B as 1002
  participant P as PBX
  participant R as receiver
  B->>P: hold
  P-->>R: call.hold (held_by 1002)
  B->>P: resume
  P-->>R: call.resume (hold_seconds 12.5)`,
    types: ['call.hold', 'call.resume'],
  },
  {
    title: 'Transfer',
    text: `Told once a transfer has succeeded, by whatever means: a button of the phone, a feature code, a script. A failed one
is nothing; one to the parking extension is [parking](#parking). The consultation before an attended transfer is often a
call of its own, which then ends with \`merged_into\`.`,
    diagram: `sequenceDiagram
  participant A as 1001
  participant B as 1002
  participant C as 1003
  participant P as PBX
  participant R as receiver
  Note over A,B: 1001 and 1002 talk, call 1
  B->>P: calls 1003
  P-->>R: call.hold (call 1, held_by 1002)
  P-->>R: call.started, call.answered (call 2)
  B->>P: transfers
  P-->>R: call.resume (call 1, resumed_by 1002)
  P-->>R: call.transfer (call 1, attended, to 1003)
  P-->>R: call.ended (call 2, merged_into call 1)
  Note over A,C: 1001 and 1003 talk, still call 1`,
    types: ['call.transfer'],
  },
  {
    title: 'Parking',
    text: `A parked call waits in a space until someone dials that space, its time is up, or the parked party hangs up. A
time-out that rings the parker is no retrieval; parked again, it is told again. Who fetches a call began one of his own
for it: that one ends with \`merged_into\`.`,
    diagram: `sequenceDiagram
  participant B as 1002
  participant C as 1003
  participant P as PBX
  participant R as receiver
  B->>P: parks the call
  P-->>R: call.parked (space 701)
  alt fetched
    C->>P: dials 701
    P-->>R: call.retrieved (retrieved_by 1003)
  else time is up
    P-->>R: call.park_timeout
    P->>B: rings
  else the parked party hangs up
    P-->>R: call.park_abandoned
    P-->>R: call.ended
  end`,
    types: ['call.parked', 'call.retrieved', 'call.park_timeout', 'call.park_abandoned'],
  },
  {
    title: 'Recordings',
    text: `Of recordings by MixMonitor, however they were started: dial plan, feature code, queue or script.`,
    diagram: `sequenceDiagram
  participant P as PBX
  participant R as receiver
  Note over P: starts to record the call
  P-->>R: recording.completed (file_path)
  P-->>R: call.ended (recording)`,
    types: ['recording.completed'],
  },
  {
    title: 'Voicemail',
    text: `What is told comes from comparing a mailbox before and after: a PBX says what is in it, not what happened to it. What
someone does while listening is told at the end of the visit. Several changes at once are told in the order new, read,
deleted, each with the final counts. Where someone left the message in a call, or listened in one, the
event bears the keys of that call.`,
    diagram: `sequenceDiagram
  participant A as 1001
  participant B as 1002
  participant P as PBX
  participant R as receiver
  A->>P: leaves a message for 1002
  P-->>R: voicemail.new (new_count 1)
  P-->>R: call.ended (voicemail)
  B->>P: listens, hangs up
  P-->>R: voicemail.read (new_count 0, old_count 1)
  B->>P: deletes, hangs up
  P-->>R: voicemail.deleted (old_count 0)`,
    types: ['voicemail.new', 'voicemail.read', 'voicemail.deleted'],
  },
  {
    title: 'Registrations',
    text: `Of the devices of extensions, and of the PBX itself with its providers (trunks). Only changes are told: no refresh, no
retry. Unreachable is not gone: the device stays registered. A device that moves is told as registered at its new place,
then as unregistered (\`replaced\`) at the old one; between the two \`contacts\` may be one too high.

What is told of failed logins is bounded, so that someone who tries out passwords floods nobody; a trunk that comes back
at once was never gone.`,
    diagram: `sequenceDiagram
  participant D as device of 1001
  participant P as PBX
  participant T as provider
  participant R as receiver
  D->>P: registers
  P-->>R: extension.registered (contacts 1)
  D->>P: registers again, to stay
  D--xP: does not answer
  P-->>R: extension.unreachable
  D->>P: answers
  P-->>R: extension.reachable
  D->>P: wrong password
  P-->>R: extension.auth_failed
  Note over D,P: expires
  P-->>R: extension.unregistered (expired)
  P->>T: registers
  T-->>P: refuses
  P-->>R: trunk.unregistered (rejected)
  P->>T: registers
  P-->>R: trunk.registered`,
    types: [
      'extension.registered',
      'extension.unregistered',
      'extension.unreachable',
      'extension.reachable',
      'extension.auth_failed',
      'trunk.registered',
      'trunk.unregistered',
    ],
  },
  {
    title: 'Queues',
    text: `A caller who enters a queue leaves it once: with an agent (\`queue.call_answered\`), by hanging up
(\`queue.call_abandoned\`), or otherwise (\`queue.call_exited\`). Beside that there is what the queue does with its agents, and
who they are. \`agent\` is the member's name in the queue; \`agent_extension\` what its device stands for, a Local channel
included.`,
    diagram: `sequenceDiagram
  participant A as caller
  participant P as PBX
  participant B as agent 1002
  participant R as receiver
  A->>P: enters the queue
  P-->>R: queue.call_added (position 1)
  P->>B: rings
  P-->>R: queue.agent_ringing
  alt the agent takes it
    B->>P: answers
    P-->>R: queue.call_answered, call.answered
    A->>P: hangs up
    P-->>R: queue.agent_complete, call.ended
  else the agent does not
    P-->>R: queue.agent_no_answer
  else the caller hangs up
    A->>P: hangs up
    P-->>R: queue.call_abandoned, call.ended (abandoned)
  else the queue lets go
    P-->>R: queue.call_exited (timeout)
  end`,
    types: [
      'queue.call_added',
      'queue.call_answered',
      'queue.call_abandoned',
      'queue.call_exited',
      'queue.agent_ringing',
      'queue.agent_no_answer',
      'queue.agent_complete',
      'queue.agent_added',
      'queue.agent_removed',
      'queue.agent_paused',
      'queue.agent_unpaused',
    ],
  },
  {
    title: 'Conferences',
    text: `Of ConfBridge, and of MeetMe on older Asterisks. Participants join and leave between \`conference.started\` and
\`conference.ended\`. The PBX waits with the news of the first one until its announcement is over: it is told late, but
once. \`participant_count\` counts those who were told.`,
    diagram: `sequenceDiagram
  participant A as 1001
  participant B as 1002
  participant P as PBX
  participant R as receiver
  A->>P: dials 9000
  P-->>R: call.started, conference.started
  P-->>R: conference.participant_joined (1001, count 1)
  B->>P: dials 9000
  P-->>R: call.started, conference.participant_joined (1002, count 2)
  B->>P: mutes
  P-->>R: conference.participant_muted
  A->>P: hangs up
  P-->>R: conference.participant_left (1001, count 1), call.ended
  B->>P: hangs up
  P-->>R: conference.participant_left, conference.ended, call.ended`,
    types: [
      'conference.started',
      'conference.ended',
      'conference.participant_joined',
      'conference.participant_left',
      'conference.participant_muted',
      'conference.participant_unmuted',
    ],
  },
  {
    title: 'Paging',
    text: `A page is one call, with all its phones. It sends no conference events, though Asterisk makes one of it; the phones
neither answer the call nor miss it.`,
    diagram: `sequenceDiagram
  participant A as 1001
  participant P as PBX
  participant B as 1002, 1003
  participant R as receiver
  A->>P: dials 77
  P-->>R: call.started
  P->>B: rings, they pick up by themselves
  P-->>R: paging.started (targets 1002, 1003)
  A->>P: hangs up
  P-->>R: paging.ended (answered_by), call.ended (application)`,
    types: ['paging.started', 'paging.ended'],
  },
  {
    title: 'System',
    text: `Of the connection to the PBX, of subscriptions, and of the dial plan's own making.`,
    diagram: `sequenceDiagram
  participant P as PBX
  participant W as pbx-webhooks
  participant R as receiver
  P->>W: accepts the login
  W-->>R: pbx.connected
  P--xW: the connection breaks
  W-->>R: pbx.disconnected
  P->>W: accepts the login
  W-->>R: pbx.connected
  Note over W: takes stock
  W-->>R: what was missed (inferred)`,
    types: ['pbx.connected', 'pbx.disconnected', 'user.event', 'webhook.test', 'subscription.disabled'],
  },
];
