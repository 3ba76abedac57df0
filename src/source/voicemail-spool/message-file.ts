import { type Micros, micro } from '../../util/clock.ts';
import { parseCallerId } from '../caller-id.ts';

/** What `msgNNNN.txt` tells of its message. */
export interface MessageFile {
  readonly id: string | undefined;
  readonly callerNumber: string | undefined;
  readonly callerName: string | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
  readonly receivedAt: Micros | undefined;
  /** The length is the last line that is written. */
  readonly isWhole: boolean;
}

/** Reads the text beside a message's audio (app_voicemail.c, `leave_voicemail`); takes what it finds. */
export function parseMessageFile(text: string): MessageFile {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0 && !line.startsWith(';')) fields.set(line.slice(0, equals), line.slice(equals + 1).trim());
  }
  const caller = parseCallerId(fields.get('callerid'));
  const seconds = positive(fields.get('origtime'));
  return {
    id: fields.get('msg_id') || undefined,
    callerNumber: caller.number,
    callerName: caller.name,
    duration: positive(fields.get('duration')),
    receivedAt: seconds === undefined ? undefined : micro(seconds * 1e6),
    isWhole: /^duration=\d+\r?\n/m.test(text),
  };
}

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
