import { localTime, oneLine } from '../util/one-line.ts';
import type { ReceivedWebhook, WebhookBody } from './receiver.ts';

/** Told by the arrow, by the line's time, or of no use to who reads along. */
const NOT_SHOWN = new Set(['from_extension', 'to_extension', 'timestamp', 'call_id', 'pbx', 'sequence']);
const MAX_VALUE = 60;

/** One line for a person: `2025-12-07 12:00:00  verified  call.answered  1001 -> 1002  answered_by=1002 …` */
export function webhookLine({ verdict, reason, attempt, event }: ReceivedWebhook, now = new Date()): string {
  const parts = [
    localTime(now),
    verdict.toUpperCase().padEnd(9),
    ...(event === undefined ? [] : eventParts(event)),
    ...(attempt > 1 ? [`(attempt ${attempt})`] : []),
    ...(reason === undefined ? [] : [`- ${oneLine(reason)}`]),
  ];
  return parts.join('  ');
}

function eventParts({ event_type: type, data }: WebhookBody): string[] {
  const parties = partiesOf(data);
  return [oneLine(type).padEnd(22), ...(parties === undefined ? [] : [parties]), factsOf(data)];
}

type Data = WebhookBody['data'];

/** `1001 -> 1002` */
export function partiesOf({ from_extension: from, to_extension: to }: Data): string | undefined {
  return from === undefined && to === undefined ? undefined : `${shown(from ?? '?')} -> ${shown(to ?? '?')}`;
}

/** `answered_by=1002 duration=2.5` */
export function factsOf(data: Data): string {
  return Object.entries(data)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .map(([key, value]) => `${oneLine(key)}=${shown(value)}`)
    .join(' ');
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string' && /^[\w.:@+/-]+$/.test(value) ? value : (JSON.stringify(value) ?? '');
  return oneLine(text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text);
}
