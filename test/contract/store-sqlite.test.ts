import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { describeHistory } from './history-suite.ts';
import { describeLongHistory } from './long-history-suite.ts';
import { describeModel } from './model-suite.ts';
import { describeRequestShapes } from './request-shapes-suite.ts';
import { describeSteps } from './steps-suite.ts';
import { describeStore, type StoreUnderTest } from './store-suite.ts';

function create(): StoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
  return {
    reopen: () => createSqliteStore({ path: join(folder, 'data', 'webhooks.db') }),
    dispose: async () => rmSync(folder, { recursive: true }),
  };
}

describeStore('sqlite store', create);
describeHistory('sqlite store: history', create);
describeLongHistory('sqlite store: long history', create);
describeRequestShapes('sqlite store: request shapes', create);
describeSteps('sqlite store: steps', create);
describeModel('sqlite store: model', create);
