import { createSqliteStore } from '../../src/store/sqlite/store.ts';

/** A process of its own that opens a database: tells what came of it, and holds it when asked to. */
const [path = '', hold] = process.argv.slice(2);
const store = createSqliteStore({ path });
const told = await store.open().then(
  (state) => ({ state }),
  (error: unknown) => ({ code: error instanceof Error && 'code' in error ? error.code : String(error) }),
);
process.stdout.write(`${JSON.stringify(told)}\n`);
if (hold === undefined) {
  await store.close();
} else {
  process.stdin.resume();
}
