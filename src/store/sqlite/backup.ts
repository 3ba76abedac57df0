import {
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { CodedError, reasonOf } from '../../util/error.ts';
import { APPLICATION_ID } from './schema.ts';
import { ThreadClient } from './thread-client.ts';

export type BackupErrorCode =
  /** What should be copied can't be read, is damaged, or no database of ours. */
  | 'backup_source'
  /** Something else lies where the copy should go, or it can't be written there. */
  | 'backup_target'
  /** So much is written that no whole copy came about. */
  | 'backup_busy';

export class BackupError extends CodedError<BackupErrorCode> {}

/** A log is begun anew every 16 MB of writes: a copy must be quicker than that. */
const TRIES = 20;

/** Where SQLite's file format has it. */
const APPLICATION_ID_AT = 68;

/** Of a write-ahead log: it has salts in it that change when the log is begun anew. */
const LOG_HEADER_BYTES = 32;

/**
 * Copies the database at `from`, which another process may be writing, to `to`: one file, checked, as it was at some
 * moment meanwhile. An earlier backup there is replaced once the new one is whole. Rejects with a
 * {@link BackupError}.
 *
 * Whoever runs on the database holds it for itself, so that SQLite's own ways to copy it are shut. But all that it
 * changes goes to the log first. A copy of the file and then of the log is whole as long as the log was not begun
 * anew in between: what a checkpoint put into the file meanwhile, be it by halves, the log still has.
 */
export async function backUp(from: string, to: string): Promise<void> {
  if (existsSync(to)) requireBackup(to);
  const part = `${to}.part`;
  try {
    copyWhole(from, part);
    const problem = await settled(part);
    if (problem !== undefined)
      throw new BackupError('backup_source', `${from} gives no whole copy: ${problem}`);
    inPlace(to, () => renameSync(part, to));
  } finally {
    for (const rest of [part, logOf(part), `${part}-journal`]) rmSync(rest, { force: true });
  }
}

/** What was named by mistake is not replaced, least of all a database in use. */
function requireBackup(path: string): void {
  const id = inPlace(path, () => bytesOf(path, APPLICATION_ID_AT, 4));
  if (id.length === 4 && id.readUInt32BE() === APPLICATION_ID && !existsSync(logOf(path))) return;
  throw new BackupError(
    'backup_target',
    `${path} is no earlier backup, so it was left as it is: name another file`,
  );
}

function copyWhole(from: string, part: string): void {
  for (let left = TRIES; left > 0; left -= 1) {
    const before = logHeader(from);
    copy(from, part);
    if (before.length > 0) copy(logOf(from), logOf(part));
    if (before.equals(logHeader(from))) return;
    rmSync(logOf(part), { force: true });
  }
  throw new BackupError(
    'backup_busy',
    `${from} is written faster than it is copied: try again at a quieter time`,
  );
}

/** Empty while there is no log. */
function logHeader(path: string): Buffer {
  const log = logOf(path);
  return existsSync(log) ? bytesOf(log, 0, LOG_HEADER_BYTES) : Buffer.alloc(0);
}

/** At once where the file system can share what they have in common. */
function copy(from: string, to: string): void {
  let source: number | undefined;
  try {
    source = openSync(from, 'r');
  } catch (error) {
    throw new BackupError('backup_source', reasonOf(error), { cause: error });
  } finally {
    if (source !== undefined) closeSync(source);
  }
  inPlace(to, () => {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    ownedByMaker(to);
  });
}

/** Node's copies belong to the owner of what was copied, where who copies is root. */
function ownedByMaker(path: string): void {
  const { getegid, geteuid } = process;
  if (geteuid !== undefined && getegid !== undefined) chownSync(path, geteuid(), getegid());
}

async function settled(path: string): Promise<string | undefined> {
  const thread = new ThreadClient(path, () => {});
  try {
    return (await thread.ask({ op: 'settle_copy', path })).problem;
  } finally {
    await thread.end();
  }
}

/** Does something at the place of the copy. */
function inPlace<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new BackupError('backup_target', `${path} can't be made: ${reasonOf(error)}`, { cause: error });
  }
}

function logOf(path: string): string {
  return `${path}-wal`;
}

/** Fewer where the file ends before. */
function bytesOf(path: string, at: number, count: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(file, bytes, 0, count, at));
  } finally {
    closeSync(file);
  }
}
