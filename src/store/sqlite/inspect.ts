import type { StoreError } from '../store.ts';
import { storeErrorOf } from './failure.ts';
import { ThreadClient } from './thread-client.ts';

/** Looks at the database that is at `path`: settles with what stands against opening it. Changes nothing; never rejects. */
export async function inspectStore(path: string): Promise<StoreError | undefined> {
  const thread = new ThreadClient(path, () => {});
  try {
    await thread.ask({ op: 'inspect', path });
    return undefined;
  } catch (error) {
    return storeErrorOf(error, path);
  } finally {
    await thread.end();
  }
}
