import { resolve } from 'node:path';
import type { z } from 'zod';
import type { TlsOption } from '../model/subscription-options.ts';
import type { SubscriptionInput } from '../subscription/registry.ts';
import type { LogFormat, LogLevel } from '../util/log-output.ts';
import type { TlsMaterial } from '../util/tls-files.ts';
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

/** Why a configuration has nothing to start. */
export function whyNothing(webhooks: Config['webhooks']): string {
  return webhooks === undefined ? 'there is no features.webhooks' : 'features.webhooks.enabled is false';
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
  readonly sip: readonly SipConfig[];
  readonly calls: CallsConfig;
  readonly voicemail?: VoicemailConfig | undefined;
  readonly api: ApiConfig;
  readonly network: NetworkConfig;
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
  readonly tls: boolean | TlsMaterial;
}

export interface SipConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Accounts of outside registrars. */
  readonly follow: readonly {
    readonly uri: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly proxy?: string | undefined;
  }[];
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

export interface NetworkConfig {
  /** Receivers inside the network that subscriptions of the API may name. */
  readonly allow: readonly string[];
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
  const subscriptions = raw.subscriptions.map((subscription, index) => {
    const { tls } = subscription;
    if (tls === undefined) return subscription;
    const read = readTls(tls, [...keys, 'subscriptions', index, 'tls'], base);
    if (!read.ok) problems.push(...read.problems);
    return { ...subscription, tls: absolute(tls, base) };
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
      subscriptions,
      ami,
      sip: raw.sources.sip,
      calls: {
        extensionPattern: new RegExp(raw.calls.extension_pattern),
        trunks: raw.calls.trunks,
        pagingExtensions: raw.calls.paging_extensions,
      },
      voicemail: raw.voicemail && { ...raw.voicemail, spool: resolve(base, raw.voicemail.spool) },
      api: raw.api,
      network: raw.network,
      storePath: storePath(raw.store.url, base),
      retentionDays: raw.store.retention_days,
      maxSizeMb: raw.store.max_size_mb,
    },
  };
}

/** Subscriptions are kept beyond this run, which may have been started elsewhere. */
function absolute({ ca, cert, key, server_name }: TlsOption, base: string): TlsOption {
  return {
    ca: ca && resolve(base, ca),
    cert: cert && resolve(base, cert),
    key: key && resolve(base, key),
    server_name,
  };
}
