import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from '../../util/error.ts';
import { StoreError, type StoreErrorCode } from '../store.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that tell a person what to do. */
const CODES: Readonly<Record<number, StoreErrorCode>> = {
  3: 'store_unwritable', // SQLITE_PERM
  5: 'store_locked', // SQLITE_BUSY
  6: 'store_locked', // SQLITE_LOCKED
  8: 'store_unwritable', // SQLITE_READONLY
  10: 'store_failed', // SQLITE_IOERR
  11: 'store_corrupt', // SQLITE_CORRUPT
  13: 'store_full', // SQLITE_FULL
  14: 'store_unwritable', // SQLITE_CANTOPEN
  26: 'store_corrupt', // SQLITE_NOTADB
};

/** Codes of the file system, where SQLite was not reached yet. */
const SYSTEM_CODES: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: 'store_unwritable',
  EPERM: 'store_unwritable',
  EROFS: 'store_unwritable',
  ENOTDIR: 'store_unwritable',
  EEXIST: 'store_unwritable',
  EISDIR: 'store_unwritable',
  ENOSPC: 'store_full',
  EDQUOT: 'store_full',
};

/** What was thrown while working on the database at `path`, as the store's own error. */
export function storeErrorOf(thrown: unknown, path: string): StoreError {
  if (thrown instanceof StoreError) {
    return thrown;
  }
  return storeError(codeOf(thrown, path), path, reasonOf(thrown), thrown);
}

export function storeError(code: StoreErrorCode, path: string, reason: string, cause?: unknown): StoreError {
  return new StoreError(code, messageOf(code, path, reason), cause === undefined ? undefined : { cause });
}

function codeOf(thrown: unknown, path: string): StoreErrorCode {
  if (!(thrown instanceof Error)) {
    return 'store_failed';
  }
  if ('errcode' in thrown && typeof thrown.errcode === 'number') {
    const code = CODES[thrown.errcode & 0xff] ?? 'store_failed';
    // A write that fails for want of space is an SQLITE_IOERR on some file systems and with quotas.
    return code === 'store_failed' && hasNoRoom(path) ? 'store_full' : code;
  }
  return ('code' in thrown && SYSTEM_CODES[String(thrown.code)]) || 'store_failed';
}

function hasNoRoom(path: string): boolean {
  return bytesFree(path) < 64 * 1024;
}

/** What the disk of the database has left; infinite where it does not say. */
export function bytesFree(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function messageOf(code: StoreErrorCode, path: string, reason: string): string {
  switch (code) {
    case 'store_unwritable':
      return `The database ${path} can't be written (${reason}). Let this user write the file and its folder, or set store.url to another place.`;
    case 'store_full':
      return `No room for the database ${path} (${reason}). Free space on its disk; events are taken again as soon as there is some.`;
    case 'store_locked':
      return `The database ${path} is in use by another process (${reason}). Stop that one, or give this one a database of its own with store.url.`;
    case 'store_corrupt':
      return `The database ${path} is damaged, or no database of pbx-webhooks (${reason}). It was left as it is: put a backup in its place, or move it away to start with an empty one.`;
    case 'store_newer':
      return `The database ${path} was written by a newer version (${reason}). It was left as it is: update pbx-webhooks, or set store.url to another place.`;
    case 'store_closed':
      return `The database ${path} is closed.`;
    case 'store_failed':
      return `The database ${path} failed: ${reason}.`;
    default:
      return code satisfies never;
  }
}
