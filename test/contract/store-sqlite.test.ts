import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { describeStore } from './store-suite.ts';

describeStore('sqlite store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
  return {
    reopen: () => createSqliteStore({ path: join(folder, 'data', 'webhooks.db') }),
    dispose: async () => rmSync(folder, { recursive: true }),
  };
});
