import { isDeepStrictEqual } from 'node:util';
import type { WebhooksConfig } from './config.ts';

/** The file's name of each part; `subscriptions` are taken over while running. */
const FILE_KEYS = {
  enabled: 'enabled',
  maxAttempts: 'max_retries',
  retryDelay: 'retry_delay',
  timeout: 'timeout',
  workerThreads: 'worker_threads',
  ami: 'sources.ami',
  sip: 'sources.sip',
  calls: 'calls',
  voicemail: 'voicemail',
  api: 'api',
  network: 'network',
  storePath: 'store.url',
  retentionDays: 'store.retention_days',
  maxSizeMb: 'store.max_size_mb',
} as const satisfies Record<Exclude<keyof WebhooksConfig, 'subscriptions'>, string>;

/** Keys, as the file names them, that differ and count from the next start on. */
export function changedKeys(before: WebhooksConfig, after: WebhooksConfig): readonly string[] {
  return Object.entries(FILE_KEYS)
    .filter(([part]) => isPart(part) && !isDeepStrictEqual(before[part], after[part]))
    .map(([, key]) => key);
}

function isPart(name: string): name is keyof typeof FILE_KEYS {
  return Object.hasOwn(FILE_KEYS, name);
}
