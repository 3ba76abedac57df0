import { closeSync, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { reasonOf } from '../../util/error.ts';
import { APPLICATION_ID } from './schema.ts';

/** Takes the log of a copied database into it, checks all of it, and has it on disk. Gives what is wrong with it. */
export function settleCopy(path: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec('PRAGMA journal_mode = DELETE');
    const verdict = verdictOf(db);
    db.close();
    if (verdict === undefined) flush(path);
    return verdict;
  } catch (error) {
    if (db?.isOpen) db.close();
    return reasonOf(error);
  }
}

function verdictOf(db: DatabaseSync): string | undefined {
  const ask = (name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];
  if (ask('application_id') !== APPLICATION_ID) return 'it is no database of pbx-webhooks';
  const verdict = ask('quick_check');
  return verdict === 'ok' ? undefined : String(verdict);
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}
