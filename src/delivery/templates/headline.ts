import type { EventType } from '../../model/event-types.ts';
import type { EventFields } from './fields.ts';
import type { TemplateEvent } from './template.ts';

export type Tone = 'good' | 'bad' | 'neutral';

type Headline = readonly [tone: Tone, sentence: (fields: EventFields) => string];

/** One sentence for every event type, and whether it is good news. A later type does without until it gets its own. */
const HEADLINES: Readonly<Record<EventType, Headline>> = {
  'call.started': ['neutral', (f) => `Call from ${caller(f)} to ${called(f)}`],
  'call.ringing': ['neutral', (f) => `Call from ${caller(f)} rings at ${called(f)}`],
  'call.answered': [
    'good',
    (f) => `Call from ${caller(f)} answered by ${f.text('answered_by') ?? called(f)}`,
  ],
  'call.ended': ['neutral', (f) => `Call from ${caller(f)} to ${called(f)} ended${disposition(f)}`],
  'call.hold': ['neutral', (f) => `Call from ${caller(f)} put on hold${by(f, 'held_by')}`],
  'call.resume': ['neutral', (f) => `Call from ${caller(f)} taken back from hold${by(f, 'resumed_by')}`],
  'call.transfer': [
    'neutral',
    (f) =>
      `Call transferred${by(f, 'transferred_by')} to ${f.text('transfer_destination') ?? 'an unknown number'}`,
  ],
  'call.parked': ['neutral', (f) => `Call from ${caller(f)} parked${at(f)}`],
  'call.retrieved': ['neutral', (f) => `Parked call from ${caller(f)} fetched${by(f, 'retrieved_by')}`],
  'call.missed': ['bad', (f) => `Missed call from ${caller(f)} at ${called(f)}`],
  'call.park_timeout': ['bad', (f) => `Nobody fetched the call from ${caller(f)}${at(f)}`],
  'call.park_abandoned': ['bad', (f) => `${caller(f)} hung up while parked${at(f)}`],
  'recording.completed': ['neutral', (f) => `Recording of the call from ${caller(f)} is complete`],
  'queue.call_added': ['neutral', (f) => `${caller(f)} waits in ${queue(f)}`],
  'queue.call_answered': ['good', (f) => `${agent(f)} answered ${caller(f)} from ${queue(f)}`],
  'queue.call_abandoned': ['bad', (f) => `${caller(f)} hung up while waiting in ${queue(f)}`],
  'queue.call_exited': ['bad', (f) => `${caller(f)} left ${queue(f)} without an agent`],
  'queue.agent_ringing': ['neutral', (f) => `${queue(f, true)} rings ${agent(f)} for ${caller(f)}`],
  'queue.agent_no_answer': ['bad', (f) => `${agent(f)} did not take a call of ${queue(f)}`],
  'queue.agent_complete': ['neutral', (f) => `${agent(f)} finished a call of ${queue(f)}`],
  'queue.agent_added': ['neutral', (f) => `${agent(f)} joined ${queue(f)}`],
  'queue.agent_removed': ['neutral', (f) => `${agent(f)} left ${queue(f)}`],
  'queue.agent_paused': ['neutral', (f) => `${agent(f)} paused in ${queue(f)}`],
  'queue.agent_unpaused': ['neutral', (f) => `${agent(f)} takes calls of ${queue(f)} again`],
  'paging.started': ['neutral', (f) => `Page${by(f, 'paged_by')} is on the air`],
  'paging.ended': ['neutral', (f) => `Page${by(f, 'paged_by')} is over`],
  'conference.started': ['neutral', (f) => `${conference(f)} opened`],
  'conference.ended': ['neutral', (f) => `${conference(f)} closed`],
  'conference.participant_joined': ['neutral', (f) => `${participant(f)} joined ${conference(f)}`],
  'conference.participant_left': ['neutral', (f) => `${participant(f)} left ${conference(f)}`],
  'conference.participant_muted': ['neutral', (f) => `${participant(f)} was muted in ${conference(f)}`],
  'conference.participant_unmuted': [
    'neutral',
    (f) => `${participant(f)} can be heard in ${conference(f)} again`,
  ],
  'voicemail.new': [
    'neutral',
    (f) => `New voicemail for ${mailbox(f)} from ${withName(f, f.text('caller_id')) ?? caller(f)}`,
  ],
  'voicemail.read': ['neutral', (f) => `Voicemail of ${mailbox(f)} was heard`],
  'voicemail.deleted': ['neutral', (f) => `Voicemail of ${mailbox(f)} was deleted`],
  'extension.registered': ['good', (f) => `Extension ${extension(f)} registered`],
  'extension.unregistered': ['bad', (f) => `Extension ${extension(f)} is no longer registered`],
  'extension.unreachable': ['bad', (f) => `Extension ${extension(f)} does not answer`],
  'extension.reachable': ['good', (f) => `Extension ${extension(f)} answers again`],
  'extension.auth_failed': ['bad', (f) => `Failed login at extension ${extension(f)}`],
  'trunk.registered': ['good', (f) => `Trunk ${trunk(f)} is registered again`],
  'trunk.unregistered': ['bad', (f) => `Trunk ${trunk(f)} is not registered`],
  'user.event': ['neutral', (f) => `Event ${f.text('name') ?? 'without a name'}`],
  'pbx.connected': ['good', (f) => `Connected to the PBX ${pbx(f)}`],
  'pbx.disconnected': ['bad', (f) => `Connection to the PBX ${pbx(f)} lost`],
  'webhook.test': ['neutral', (f) => `Test of the webhook: ${f.text('message') ?? 'it works'}`],
  'subscription.disabled': ['bad', (f) => `Webhook disabled: ${f.text('url') ?? 'unknown URL'}`],
};

/** The event in one sentence, such as `Missed call from Alice Adams (1001) at 1002`. */
export function headlineOf({ type, fields }: TemplateEvent): string {
  return hasHeadline(type) ? HEADLINES[type][1](fields) : type;
}

export function toneOf(type: string): Tone {
  return hasHeadline(type) ? HEADLINES[type][0] : 'neutral';
}

function hasHeadline(type: string): type is EventType {
  return Object.hasOwn(HEADLINES, type);
}

/** Number and name of who calls. */
export function caller(fields: EventFields): string {
  const number = fields.first('from_extension', 'caller_number', 'caller_id');
  if (number === 'anonymous') return 'Anonymous caller';
  return withName(fields, number) ?? fields.text('caller_name') ?? 'Unknown caller';
}

function withName(fields: EventFields, number: string | undefined): string | undefined {
  const name = fields.text('caller_name');
  return name === undefined || name === number || number === undefined ? number : `${name} (${number})`;
}

function called(fields: EventFields): string {
  return fields.first('to_extension', 'called_number', 'did') ?? 'an unknown number';
}

function by(fields: EventFields, key: string): string {
  const who = fields.text(key);
  return who === undefined ? '' : ` by ${who}`;
}

function at(fields: EventFields): string {
  const space = fields.text('parking_space');
  return space === undefined ? '' : ` at ${space}`;
}

function disposition(fields: EventFields): string {
  const word = fields.text('disposition');
  return word === undefined ? '' : `: ${word.replaceAll('_', ' ')}`;
}

function queue(fields: EventFields, first = false): string {
  return `${first ? 'Queue' : 'queue'} ${fields.text('queue') ?? 'without a name'}`;
}

function agent(fields: EventFields): string {
  return fields.first('agent', 'agent_extension') ?? 'An agent';
}

function conference(fields: EventFields): string {
  return `Conference ${fields.text('conference') ?? 'without a name'}`;
}

function participant(fields: EventFields): string {
  return fields.first('participant_name', 'participant') ?? 'Someone';
}

function mailbox(fields: EventFields): string {
  return fields.text('extension') ?? 'an unknown mailbox';
}

function extension(fields: EventFields): string {
  return fields.text('extension') ?? 'without a number';
}

function trunk(fields: EventFields): string {
  return fields.text('trunk') ?? 'without a name';
}

function pbx(fields: EventFields): string {
  return fields.text('pbx') ?? 'without a name';
}
