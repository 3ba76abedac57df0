import { STATUS_CODES } from 'node:http';
import type { Attempt } from '../model/delivery.ts';
import type { AttemptSettlement } from '../store/store.ts';
import type { Logger } from '../util/log.ts';

/** The lines that the guide documents, word for word; `url` with its query's values masked. */
export class DeliveryLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param maxAttempts in all. */
  attempted(eventType: string, url: string, maxAttempts: number, { attempt, next }: AttemptSettlement): void {
    if (next.state === 'delivered') {
      if (this.#logger.isLevelEnabled?.('info') ?? true) {
        const status = attempt.outcome.response?.status;
        this.#logger.info(`Webhook delivered: ${eventType} -> ${url} (status: ${status})`);
      }
      return;
    }
    this.#logger.warn(
      `Webhook delivery failed (attempt ${attempt.number}/${maxAttempts}): ${eventType} -> ${url} - ${reasonOf(attempt)}`,
    );
    if (next.state === 'dead') {
      this.#logger.error(`Webhook delivery failed after ${attempt.number} attempts: ${eventType} -> ${url}`);
    }
  }

  expired(eventType: string, url: string): void {
    this.#logger.info(`Webhook expired: ${eventType} -> ${url}`);
  }
}

function reasonOf({ outcome }: Attempt): string {
  if (outcome.kind === 'error') {
    return outcome.message;
  }
  const { status } = outcome.response;
  const name = STATUS_CODES[status];
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
}
