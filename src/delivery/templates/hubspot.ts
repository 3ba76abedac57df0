import { factsOf } from './facts.ts';
import { cut, type EventFields } from './fields.ts';
import { headlineOf } from './headline.ts';
import type { Template } from './template.ts';

/** HubSpot, "Engagements | Calls": hs_call_body has at most 65,536 characters. */
const BODY = 65_536;
const TITLE = 255;
const NUMBER = 100;

/** What hs_call_status may be, by what became of the call. */
const STATUSES: Readonly<Record<string, string>> = {
  answered: 'COMPLETED',
  application: 'COMPLETED',
  voicemail: 'NO_ANSWER',
  no_answer: 'NO_ANSWER',
  abandoned: 'NO_ANSWER',
  busy: 'BUSY',
  declined: 'CANCELED',
  cancelled: 'CANCELED',
  failed: 'FAILED',
};

/** The same by event type, while the call goes on. */
const STATUSES_BY_TYPE: Readonly<Record<string, string>> = {
  'call.started': 'CONNECTING',
  'call.ringing': 'RINGING',
  'call.answered': 'IN_PROGRESS',
  'call.hold': 'IN_PROGRESS',
  'call.resume': 'IN_PROGRESS',
  'call.transfer': 'IN_PROGRESS',
  'call.parked': 'IN_PROGRESS',
  'call.retrieved': 'IN_PROGRESS',
  'call.missed': 'NO_ANSWER',
  'queue.call_added': 'QUEUED',
  'queue.call_answered': 'IN_PROGRESS',
  'queue.call_abandoned': 'NO_ANSWER',
};

const DIRECTIONS: Readonly<Record<string, string>> = { inbound: 'INBOUND', outbound: 'OUTBOUND' };

/** A call for `POST /crm/v3/objects/calls` (https://developers.hubspot.com/docs/guides/api/crm/engagements/calls). */
export const hubspot: Template = (event) => {
  const { fields, type } = event;
  const lines = factsOf(fields).map(([label, value]) => `${label}: ${value}`);
  const properties = {
    // HubSpot takes milliseconds, no finer.
    hs_timestamp: event.timestamp.replace(/(\.\d{3})\d+Z$/, '$1Z'),
    hs_call_title: cut(headlineOf(event), TITLE),
    hs_call_body: cut([...lines, event.id].map(html).join('<br>'), BODY),
    hs_call_status: STATUSES[fields.text('disposition') ?? ''] ?? STATUSES_BY_TYPE[type],
    hs_call_direction: DIRECTIONS[fields.text('direction') ?? ''],
    hs_call_from_number: number(fields, 'from_extension', 'caller_number', 'caller_id'),
    hs_call_to_number: number(fields, 'to_extension', 'called_number'),
    hs_call_duration: milliseconds(fields),
  };
  const told = Object.entries(properties).filter(([, value]) => value !== undefined);
  return { kind: 'json', value: { properties: Object.fromEntries(told) } };
};

function number(fields: EventFields, ...keys: readonly string[]): string | undefined {
  const text = fields.first(...keys);
  return text === undefined ? undefined : cut(text, NUMBER);
}

function milliseconds(fields: EventFields): string | undefined {
  const seconds = fields.number('billsec') ?? fields.number('talk_seconds') ?? fields.number('duration');
  return seconds === undefined ? undefined : String(Math.round(seconds * 1000));
}

function html(text: string): string {
  return cut(text, 1_000).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
