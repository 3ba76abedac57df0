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

  /**
   * @param maxAttempts in all.
   * @param askedAfter attempts made before someone asked for this one, which are not counted here.
   */
  attempted(
    eventType: string,
    url: string,
    maxAttempts: number,
    { attempt, next }: AttemptSettlement,
    askedAfter = 0,
  ): void {
    if (next.state === 'delivered') {
      if (this.#logger.isLevelEnabled?.('info') ?? true) {
        const status = attempt.outcome.response?.status;
        this.#logger.info(`Webhook delivered: ${eventType} -> ${url} (status: ${status})`);
      }
      return;
    }
    const number = attempt.number - askedAfter;
    this.#logger.warn(
      `Webhook delivery failed (attempt ${number}/${maxAttempts}): ${eventType} -> ${url} - ${reasonOf(attempt)}`,
    );
    if (next.state === 'dead') {
      this.#logger.error(`Webhook delivery failed after ${number} attempts: ${eventType} -> ${url}`);
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
