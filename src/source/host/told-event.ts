import { z } from 'zod';
import { eventTypeEntry } from '../../model/event-types.ts';
import type { CallId, PbxName } from '../../model/ids.ts';
import type { Fact } from '../../telephony/facts.ts';
import { type Micros, rfc3339Seconds } from '../../util/clock.ts';

/** What a host told, as a fact, or why it can't be read. */
export type Read =
  | { readonly ok: true; readonly fact: Fact }
  | { readonly ok: false; readonly problem: string };

export interface ToldEvent {
  readonly type: string;
  /** What was emitted under the name of the type: its data. */
  readonly told: unknown;
  readonly pbx: PbxName;
  readonly at: Micros;
}

/** An event that a host tells whole: its data as the catalogue has it. `timestamp` and `pbx` are filled in. */
export function readToldEvent({ type, told, pbx, at }: ToldEvent): Read {
  // As it will be sent, and no longer the host's to change.
  const copied = anyObject.safeParse(JSON.parse(JSON.stringify(told) ?? 'null'));
  if (!copied.success) return { ok: false, problem: explain(copied.error) };
  const data = { timestamp: rfc3339Seconds(at), pbx, ...copied.data };
  const checked = eventTypeEntry(type)?.data.safeParse(data);
  if (checked?.success === false) return { ok: false, problem: explain(checked.error) };
  const { call_id: callId } = copied.data;
  return {
    ok: true,
    fact: {
      kind: 'event.told',
      at,
      event: {
        type,
        occurredAt: at,
        data,
        callId: typeof callId === 'string' && callId !== '' ? (callId as CallId) : undefined,
      },
    },
  };
}

const anyObject = z.record(z.string(), z.unknown());

/** One line, with each key that is wrong. */
export function explain({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
