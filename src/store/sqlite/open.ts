import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeError, storeErrorOf } from './failure.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION, userVersion } from './schema.ts';

/** How long a start waits for a process that is just ending to let go of the database. */
const LOCK_WAIT_MS = 500;

/**
 * Up to this size every page is checked at start (about a second for 200 MB). Of a larger database SQLite's own
 * checks remain: length against header at opening, each page when it is read.
 */
const FULL_CHECK_BYTES = 128 * 1024 * 1024;

/** Pages of the write-ahead log between two checkpoints (16 MB): a page written often is copied once. */
const CHECKPOINT_PAGES = 4_000;

/**
 * Opens or creates the database at `path` for this process alone; throws a StoreError, and then has changed
 * nothing in the file. It looks before it opens for writing, since even closing such a connection writes.
 */
export function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = statSync(path, { throwIfNoEntry: false });
    if (file?.isDirectory()) {
      throw storeError('store_unwritable', path, 'it is a folder');
    }
    if (file !== undefined && file.size > 0) {
      inspectDatabase(path);
    }
    if (file === undefined) {
      // Secrets and calls are nobody else's business; SQLite's log files get the same mode.
      closeSync(openSync(path, 'a', 0o600));
    }
    db = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    // Exclusive before the first access: then the log's index needs no shared memory, and nobody else gets in. What is
    // committed is on the disk once the log is synced, see log-sync.ts.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = 67108864`);
    migrate(db);
    return db;
  } catch (error) {
    closeQuietly(db);
    throw storeErrorOf(error, path);
  }
}

/** Sees whether a database that is there can be opened by this version; throws what stands against it, and changes nothing. */
export function inspectDatabase(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true, timeout: LOCK_WAIT_MS });
  try {
    const version = userVersion(db);
    const owner = Number(db.prepare('PRAGMA application_id').get()?.['application_id']);
    const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
    if (owner !== APPLICATION_ID && tables > 0) {
      throw storeError('store_corrupt', path, 'its tables are those of another program');
    }
    if (version > SCHEMA_VERSION) {
      throw storeError('store_newer', path, `version ${version}, this one knows ${SCHEMA_VERSION}`);
    }
    if (statSync(path).size <= FULL_CHECK_BYTES) {
      const verdict = String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']);
      if (verdict !== 'ok') {
        throw storeError('store_corrupt', path, verdict);
      }
    }
  } finally {
    db.close();
  }
}

function closeQuietly(db: DatabaseSync | undefined): void {
  try {
    db?.close();
  } catch {
    // What failed before is what the caller hears of.
  }
}
