// What has come: a file for each event, kept before the answer and worked off after it, over restarts too. In a program
// with a database a table does this: INSERT INTO inbox (event_id, body) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export class Inbox {
  #folder;
  #work;
  #working = Promise.resolve();

  /** @param work gets each event once; again only where it failed, or the process died meanwhile. */
  constructor(folder, work) {
    this.#folder = folder;
    this.#work = work;
    mkdirSync(folder, { recursive: true });
    for (const id of leftIn(folder)) this.#workLater(id);
  }

  /** Resolves once the event is on disk; one that came before is passed over. */
  async keep(event) {
    const id = event.event_id;
    if (!/^[\w.-]{1,200}$/.test(id)) throw new Error('this is no event');
    try {
      await writeFile(join(this.#folder, `${id}.json`), JSON.stringify(event), { flag: 'wx', flush: true });
    } catch (error) {
      if (error.code === 'EEXIST') return;
      throw error;
    }
    this.#workLater(id);
  }

  #workLater(id) {
    this.#working = this.#working
      .then(async () => {
        await this.#work(JSON.parse(await readFile(join(this.#folder, `${id}.json`), 'utf8')));
        await writeFile(join(this.#folder, `${id}.done`), '');
      })
      .catch((error) => console.error(`${id} is tried again at the next start: ${error.message}`));
  }
}

/** Ids of what an earlier run kept and did not finish, the oldest first. */
function leftIn(folder) {
  const files = new Set(readdirSync(folder));
  const keptAt = (id) => statSync(join(folder, `${id}.json`)).mtimeMs;
  return [...files]
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((id) => !files.has(`${id}.done`))
    .sort((a, b) => keptAt(a) - keptAt(b));
}
