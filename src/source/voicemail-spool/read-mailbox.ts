import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VoiceMessage } from '../../telephony/mailbox.ts';
import { statusIn, VOICEMAIL_FOLDERS } from '../voicemail-folders.ts';
import { parseMessageFile } from './message-file.ts';

/** What lies in a mailbox, or why that is not known. */
export type MailboxRead =
  | { readonly state: 'read'; readonly messages: readonly VoiceMessage[] }
  /** Someone is writing to it: look again in a moment. */
  | { readonly state: 'changing' }
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly error: Error };

/** Files read at once: a mailbox may hold 9,999 messages. */
const FILES_AT_ONCE = 32;
/** Milliseconds after which a lock, or a text without its end, is taken for the remains of a crash. */
const STALE_MS = 10_000;

/** A mailbox's folder in the spool; undefined of a name that is none, or would lead out of the spool. */
export function mailboxFolder(spool: string, mailbox: string): string | undefined {
  const [box = '', context = ''] = mailbox.split('@');
  const isPlain = [box, context].every((name) => /^[^/\0]+$/.test(name) && name !== '.' && name !== '..');
  return isPlain ? join(spool, context, box) : undefined;
}

/**
 * Reads all messages below a mailbox's folder. Asterisk renumbers and moves them while it is at it: where it holds a
 * lock, or a folder changed meanwhile, what was read is of no moment at all.
 */
export async function readMailbox(folder: string, nowMs: number): Promise<MailboxRead> {
  try {
    const before = await folderTimes(folder);
    const messages: VoiceMessage[] = [];
    // New ones first: what is moved to the old ones meanwhile is seen twice, and not missed.
    for (const { name } of before) {
      const found = await readFolder(join(folder, name), name, nowMs);
      if (found === undefined) return { state: 'changing' };
      messages.push(...found);
    }
    const after = await folderTimes(folder);
    return signatureOf(after) === signatureOf(before) ? { state: 'read', messages } : { state: 'changing' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return isMissing(error) ? { state: 'missing' } : { state: 'unreadable', error };
  }
}

interface FolderTime {
  readonly name: string;
  readonly changedMs: number;
}

/** When each folder of a mailbox last gained, lost or renamed a file. Rejects where there is no mailbox. */
export async function folderTimes(folder: string): Promise<readonly FolderTime[]> {
  const there = new Set(await readdir(folder));
  const names = VOICEMAIL_FOLDERS.filter((name) => there.has(name));
  const times = await Promise.all(names.map((name) => ifThere(stat(join(folder, name)))));
  return names.flatMap((name, i) => {
    const found = times[i];
    return found === undefined ? [] : [{ name, changedMs: found.mtimeMs }];
  });
}

/** Equal as long as nothing in the folders came, went or moved. */
export function signatureOf(times: readonly FolderTime[]): string {
  return times.map(({ name, changedMs }) => `${name} ${changedMs}`).join('\n');
}

/** The messages of one folder, by number; undefined while they change. */
async function readFolder(path: string, folder: string, nowMs: number): Promise<VoiceMessage[] | undefined> {
  const status = statusIn(folder);
  const files = await ifThere(readdir(path));
  if (files === undefined || status === undefined) return [];
  if (files.includes('.lock') && (await isFresh(join(path, '.lock'), nowMs))) return undefined;
  const texts = files.filter((file) => /^msg\d{4,}\.txt$/.test(file)).sort();
  const messages: VoiceMessage[] = [];
  for (let i = 0; i < texts.length; i += FILES_AT_ONCE) {
    const part = texts.slice(i, i + FILES_AT_ONCE);
    const read = await Promise.all(part.map((file) => ifThere(readFile(join(path, file), 'utf8'))));
    for (const [index, text] of read.entries()) {
      const file = part[index] ?? '';
      if (text === undefined) return undefined;
      const { isWhole, ...fields } = parseMessageFile(text);
      if (!isWhole && (await isFresh(join(path, file), nowMs))) return undefined;
      messages.push({ ...fields, status, folder, file: audioOf(path, file, files) });
    }
  }
  return messages;
}

/** The audio beside a text: Asterisk may keep a message in several formats. */
function audioOf(path: string, textFile: string, files: readonly string[]): string | undefined {
  const stem = textFile.slice(0, -'txt'.length);
  const audio = files.filter((file) => file.startsWith(stem) && file !== textFile).sort();
  const best = audio.find((file) => file === `${stem}wav`) ?? audio[0];
  return best === undefined ? undefined : join(path, best);
}

/** Whether it was written just now, or is gone by now. The clock of a file server may be another one. */
async function isFresh(path: string, nowMs: number): Promise<boolean> {
  const found = await ifThere(lstat(path));
  return found === undefined || Math.abs(nowMs - found.mtimeMs) < STALE_MS;
}

/** Undefined where there is no such file or folder any more. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
