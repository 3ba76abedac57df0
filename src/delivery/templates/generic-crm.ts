import { factsOf } from './facts.ts';
import { cut } from './fields.ts';
import { headlineOf } from './headline.ts';
import type { Template } from './template.ts';

const TEXT = 1_000;

/** The same flat keys for every event, null where there is nothing to tell: fields of a CRM are mapped once. */
export const genericCrm: Template = (event) => {
  const { fields } = event;
  const text = (...keys: readonly string[]) => {
    const value = fields.first(...keys);
    return value === undefined ? null : cut(value, TEXT);
  };
  const number = (...keys: readonly string[]) =>
    keys.map((key) => fields.number(key)).find((value) => value !== undefined) ?? null;
  return {
    kind: 'json',
    value: {
      event_id: event.id,
      event_type: event.type,
      occurred_at: event.timestamp,
      call_id: text('call_id'),
      subject: cut(headlineOf(event), 255),
      note: cut(
        factsOf(fields)
          .map(([label, value]) => `${label}: ${value}`)
          .join('\n'),
        10_000,
      ),
      direction: text('direction'),
      from_number: text('from_extension', 'caller_number', 'caller_id'),
      to_number: text('to_extension', 'called_number'),
      contact_name: text('caller_name', 'participant_name') ?? 'Unknown caller',
      agent: text('agent_extension', 'answered_by', 'extension'),
      queue: text('queue'),
      status: text('disposition', 'reason'),
      started_at: text('started_at'),
      answered_at: text('answered_at'),
      ended_at: text('ended_at'),
      duration_seconds: number('duration'),
      talk_seconds: number('billsec', 'talk_seconds'),
      wait_seconds: number('wait_seconds'),
      recording: text('recording', 'file_path'),
    },
  };
};
