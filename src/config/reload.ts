import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import type { WebhooksConfig } from './config.ts';
import { ConfigError, type ConfigIssue, expectedGot, issueLine } from './error.ts';
import { loadConfig } from './load.ts';

/** What came of reading a file again. */
export type ReloadOutcome =
  | {
      readonly kind: 'taken_over';
      readonly message: string;
      /** How many the file names. */
      readonly subscriptions: number;
      /** Keys that changed and count from the next start on. */
      readonly restartNeeded: readonly string[];
    }
  /** As a whole: what was there before stays. */
  | { readonly kind: 'refused'; readonly message: string; readonly issues: readonly ConfigIssue[] };

export interface ConfigReloaderOptions {
  readonly file: string;
  /** Takes a good configuration over; gives the keys that it can't before the next start. */
  readonly apply: (config: WebhooksConfig) => Promise<readonly string[]>;
  readonly logger: Logger;
}

/** Reads a configuration file again, whoever asks: one time after the other. */
export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
  }

  /** Also told to the log. Rejects when the database refuses; part of the file may be in force then. */
  reload(): Promise<ReloadOutcome> {
    const outcome = this.#tail.then(() => this.#reload());
    this.#tail = outcome.catch(() => {});
    return outcome;
  }

  /** Resolves when nothing is being read. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  async #reload(): Promise<ReloadOutcome> {
    const { file, apply, logger } = this.#options;
    try {
      const config = enabledConfigIn(file);
      const restartNeeded = await apply(config);
      const restart =
        restartNeeded.length === 0 ? '' : `. Restart for what else changed: ${restartNeeded.join(', ')}`;
      const count = config.subscriptions.length;
      const message = `${file} was taken over: ${count} ${count === 1 ? 'subscription' : 'subscriptions'}${restart}`;
      logger.info(message);
      return { kind: 'taken_over', message, subscriptions: count, restartNeeded };
    } catch (error) {
      const issues = error instanceof ConfigError ? error.issues : [];
      for (const reason of issues.length > 0 ? issues.map(issueLine) : [reasonOf(error)])
        logger.error(reason);
      const message = `${file} was not taken over; what was there before stays`;
      logger.error(message);
      if (issues.length === 0) throw error;
      return { kind: 'refused', message, issues };
    }
  }
}

function enabledConfigIn(file: string): WebhooksConfig {
  const { webhooks } = loadConfig(file);
  if (webhooks === undefined) {
    throw nothingLeft(
      file,
      'features.webhooks',
      expectedGot('a mapping', 'nothing', 'to stop, end the process'),
    );
  }
  if (!webhooks.enabled) {
    throw nothingLeft(
      file,
      'features.webhooks.enabled',
      expectedGot('true', 'false', 'to stop, end the process'),
    );
  }
  return webhooks;
}

function nothingLeft(file: string, path: string, what: Pick<ConfigIssue, 'expected' | 'got' | 'message'>) {
  return new ConfigError([{ file, path, ...what }]);
}
