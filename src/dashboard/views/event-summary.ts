import type { PbxEvent } from '../types.ts';

/** What an event is about in a few words, from whatever of these its data has: `1001 → 1002`, `queue support`. */
export function summaryOf({ data }: Pick<PbxEvent, 'data'>): string {
  const from = textAt(data, 'from_extension');
  const to = textAt(data, 'to_extension');
  const parts = [
    from !== undefined && to !== undefined ? `${from} → ${to}` : (from ?? to ?? textAt(data, 'extension')),
    ...['disposition', 'answered_by', 'queue', 'conference', 'trunk', 'mailbox', 'name'].map((key) =>
      named(key, textAt(data, key)),
    ),
  ];
  return parts
    .filter((part) => part !== undefined)
    .slice(0, 3)
    .join(' · ');
}

function named(key: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return key === 'disposition' || key === 'name' ? value : `${key.replace('_', ' ')} ${value}`;
}

/** Data comes from outside: anything may be there, or not. */
export function textAt(data: PbxEvent['data'], key: string): string | undefined {
  const value = data[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAt(data: PbxEvent['data'], key: string): number | undefined {
  const value = data[key];
  return typeof value === 'number' ? value : undefined;
}
