import { closeSync, fdatasyncSync, openSync, realpathSync, statSync } from 'node:fs';
import { reasonOf } from '../../util/error.ts';

/**
 * Brings what was committed to the disk: the write-ahead log of a database with `synchronous=NORMAL`, which SQLite
 * itself only syncs where a checkpoint needs it (https://www.sqlite.org/pragma.html#pragma_synchronous). With `FULL` it
 * would after each commit, but by `fsync`: that also writes the file's time of change, by a transaction of the file
 * system, and takes half as long again as `fdatasync` of a log that is written over.
 */
export class LogSync {
  readonly #path: string;
  #file: number | undefined;

  /** @param path of the database. */
  constructor(path: string) {
    // Where the path is a link, its log lies beside what it leads to.
    this.#path = `${realpathSync(path)}-wal`;
  }

  /** Throws {@link LogLost} where the disk fails; then nobody knows what is on it. */
  sync(): void {
    try {
      this.#file ??= this.#open();
      if (this.#file !== undefined) fdatasyncSync(this.#file);
    } catch (error) {
      throw new LogLost(`its log could not be brought to the disk: ${reasonOf(error)}`);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** It is there from the first commit on, and stays the same file until the database is closed. */
  #open(): number | undefined {
    return statSync(this.#path, { throwIfNoEntry: false }) && openSync(this.#path, 'r+');
  }
}

/**
 * Not to go on after: the kernel takes what it could not write for written, and a later sync for good
 * (https://wiki.postgresql.org/wiki/Fsync_Errors).
 */
export class LogLost extends Error {}
