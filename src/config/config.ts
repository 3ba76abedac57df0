import { resolve } from 'node:path';
import type { z } from 'zod';
import type { SubscriptionInput } from '../subscription/registry.ts';
import type { LogFormat, LogLevel } from '../util/log-output.ts';
import type { KeyPath } from './key-path.ts';
import { readTls } from './pem.ts';
import type { webhooksSchema } from './schema.ts';
import { storePath } from './store-url.ts';
import type { Problem, Validated } from './validate.ts';

/** A whole configuration, checked and frozen. */
export interface Config {
  /** Absent when the file has no `features.webhooks`: nothing is to be started. */
  readonly webhooks?: WebhooksConfig | undefined;
  readonly logging: { readonly level: LogLevel; readonly format: LogFormat };
}

/** What stands under `features.webhooks`, with every default filled in. */
export interface WebhooksConfig {
  readonly enabled: boolean;
  /** Attempts in all, at least one. */
  readonly maxAttempts: number;
  /** Seconds between attempts. */
  readonly retryDelay: number;
  /** Seconds for one attempt. */
  readonly timeout: number;
  readonly workerThreads: number;
  readonly subscriptions: readonly SubscriptionInput[];
  readonly ami: readonly AmiConfig[];
  readonly calls: CallsConfig;
  readonly voicemail?: VoicemailConfig | undefined;
  readonly api: ApiConfig;
  /** Absolute path of the database file. */
  readonly storePath: string;
  /** Days. */
  readonly retentionDays: number;
  readonly maxSizeMb: number;
}

export interface AmiConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  readonly tls: boolean | TlsConfig;
}

/** `ca`, `cert` and `key` are PEM texts, not paths. */
export interface TlsConfig {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

export interface CallsConfig {
  readonly extensionPattern: RegExp;
  readonly trunks: readonly string[];
  readonly pagingExtensions: readonly string[];
}

export interface VoicemailConfig {
  /** Absolute path. */
  readonly spool: string;
  /** Name of the AMI source whose mailboxes these are; default: the first one. */
  readonly source?: string | undefined;
}

export interface ApiConfig {
  readonly enabled: boolean;
  readonly host: string;
  readonly port: number;
  readonly token?: string | undefined;
}

type WebhooksKeys = z.output<typeof webhooksSchema>;

/** Fills in what a good configuration points at; `keys` is where in the file it stands, `base` what paths count from. */
export function webhooksConfigOf(raw: WebhooksKeys, keys: KeyPath, base: string): Validated<WebhooksConfig> {
  const problems: Problem[] = [];
  const ami = raw.sources.ami.map(({ tls, ...source }, index) => {
    if (typeof tls === 'boolean') return { ...source, tls };
    const read = readTls(tls, [...keys, 'sources', 'ami', index, 'tls'], base);
    if (read.ok) return { ...source, tls: read.tls };
    problems.push(...read.problems);
    return { ...source, tls: true };
  });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      enabled: raw.enabled,
      maxAttempts: Math.max(1, raw.max_retries),
      retryDelay: raw.retry_delay,
      timeout: raw.timeout,
      workerThreads: raw.worker_threads,
      subscriptions: raw.subscriptions,
      ami,
      calls: {
        extensionPattern: new RegExp(raw.calls.extension_pattern),
        trunks: raw.calls.trunks,
        pagingExtensions: raw.calls.paging_extensions,
      },
      voicemail: raw.voicemail && { ...raw.voicemail, spool: resolve(base, raw.voicemail.spool) },
      api: raw.api,
      storePath: storePath(raw.store.url, base),
      retentionDays: raw.store.retention_days,
      maxSizeMb: raw.store.max_size_mb,
    },
  };
}
