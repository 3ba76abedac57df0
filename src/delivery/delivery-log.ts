import { STATUS_CODES } from 'node:http';
import type { Attempt } from '../model/delivery.ts';
import type { AttemptSettlement } from '../store/store.ts';
import type { Logger } from '../util/log.ts';

/** What became of one delivery of a request. */
export interface Fate {
  readonly eventType: string;
  readonly askedAfter?: number | undefined;
  readonly settlement: AttemptSettlement;
}

/** The lines that the guide documents, word for word but for batches; `url` with its query's values masked. */
export class DeliveryLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** One line for deliveries that went in one request and fare alike. */
  answered(url: string, maxAttempts: number, fates: readonly Fate[]): void {
    for (let begin = 0; begin < fates.length; ) {
      const first = fates[begin];
      if (first === undefined) return;
      const end = fates.findIndex((fate, at) => at > begin && !isAlike(first, fate));
      const count = (end < 0 ? fates.length : end) - begin;
      const what = count === 1 ? first.eventType : `batch of ${count}`;
      this.attempted(what, url, maxAttempts, first.settlement, first.askedAfter);
      begin += count;
    }
  }

  /**
   * @param what the type of the event, or how many there were.
   * @param maxAttempts in all.
   * @param askedAfter attempts made before someone asked for this one, which are not counted here.
   */
  attempted(
    what: string,
    url: string,
    maxAttempts: number,
    { attempt, next }: AttemptSettlement,
    askedAfter = 0,
  ): void {
    if (next.state === 'delivered') {
      if (this.#logger.isLevelEnabled?.('info') ?? true) {
        const status = attempt.outcome.response?.status;
        this.#logger.info(`Webhook delivered: ${what} -> ${url} (status: ${status})`);
      }
      return;
    }
    const number = attempt.number - askedAfter;
    this.#logger.warn(
      `Webhook delivery failed (attempt ${number}/${maxAttempts}): ${what} -> ${url} - ${failureText(attempt)}`,
    );
    if (next.state === 'dead') {
      this.#logger.error(`Webhook delivery failed after ${number} attempts: ${what} -> ${url}`);
    }
  }

  expired(eventType: string, url: string): void {
    this.#logger.info(`Webhook expired: ${eventType} -> ${url}`);
  }
}

/** Why an attempt failed, in a few words. */
export function failureText({ outcome }: Attempt): string {
  if (outcome.kind === 'error') {
    return outcome.message;
  }
  const { status } = outcome.response;
  const name = STATUS_CODES[status];
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
}

function isAlike(a: Fate, b: Fate): boolean {
  return a.settlement.next.state === b.settlement.next.state && numberOf(a) === numberOf(b);
}

function numberOf({ settlement, askedAfter = 0 }: Fate): number {
  return settlement.attempt.number - askedAfter;
}
