import type { PbxName } from '../../model/ids.ts';
import type { Fact } from '../../telephony/facts.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { type Logger, silentLogger } from '../../util/log.ts';
import { Stopwatch } from '../../util/stopwatch.ts';
import { type BackoffLimits, backoffDelay, DEFAULT_BACKOFF } from '../backoff.ts';
import type { Source, SourceCounts, SourceHealth } from '../source.ts';
import { openAmiClient } from './client.ts';
import {
  type AmiDeadlines,
  type AmiFailure,
  type AmiTlsOptions,
  DEFAULT_DEADLINES,
  type OpenAmiConnection,
} from './connection.ts';
import { Session } from './session.ts';

export interface AmiSourceOptions {
  readonly name: PbxName;
  readonly host: string;
  /** Default 5038. */
  readonly port?: number;
  readonly username: string;
  readonly secret: string;
  /** Default false. */
  readonly tls?: boolean | AmiTlsOptions;
  /** Milliseconds; what is left out has its default. */
  readonly deadlines?: Partial<AmiDeadlines>;
  /** Milliseconds between attempts to connect: from `min` doubling to `max`. Default 1,000 and 60,000. */
  readonly backoff?: BackoffLimits;
  /** Whether to ask what lies in mailboxes that change, as nothing else tells it. Default true. */
  readonly listsMailboxes?: boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Default: {@link openAmiClient}. */
  readonly open?: OpenAmiConnection;
  /** From 0 to 1, not 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Watches one Asterisk over its manager interface. */
export function createAmiSource(options: AmiSourceOptions): Source {
  return new AmiSource(options);
}

/**
 * Classes of events: `system` tells of registrations and restarts, `call` and `agent` of calls and queues, `user` of
 * UserEvents, `security` of logins, `dialplan` of voice messages and pages. The account's `read` may narrow them.
 */
export const EVENT_CLASSES = 'system,call,agent,user,security,dialplan';

/** Milliseconds that a login must have held, for the next attempt not to wait longer than the first. */
const HELD_MS = 10_000;

class AmiSource implements Source {
  readonly name: PbxName;
  readonly #options: AmiSourceOptions;
  readonly #backoff: BackoffLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #health: SourceHealth = { state: 'stopped' };
  #received = 0;
  readonly #blindness: Stopwatch;
  #failures = 0;
  #lastWarning: string | undefined;

  constructor(options: AmiSourceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#blindness = new Stopwatch(this.#clock);
  }

  start(onFact: (fact: Fact) => void): void {
    this.#running ??= this.#run(onFact);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#health = { state: 'stopped' };
    this.#blindness.stop();
  }

  health(): SourceHealth {
    return this.#health;
  }

  counts(): SourceCounts {
    return { received: this.#received, unseenMs: this.#blindness.ms };
  }

  async #run(onFact: (fact: Fact) => void): Promise<void> {
    this.#health = { state: 'connecting' };
    this.#blindness.start();
    while (!this.#stopping.signal.aborted) {
      const connectedAt = await this.#watchOnce(onFact);
      if (this.#stopping.signal.aborted) return;
      const held = connectedAt === undefined ? 0 : (this.#clock.now() - connectedAt) / 1000;
      this.#failures = held >= HELD_MS ? 1 : this.#failures + 1;
      await this.#pause(backoffDelay(this.#failures, (this.#options.random ?? Math.random)(), this.#backoff));
    }
  }

  /** From one attempt to connect to the loss of the connection; gives the time of the login, if there was one. */
  async #watchOnce(onFact: (fact: Fact) => void): Promise<number | undefined> {
    const { name, host, port = 5038, username, secret, tls = false, deadlines } = this.#options;
    const { listsMailboxes = true } = this.#options;
    const session = new Session({
      name,
      clock: this.#clock,
      logger: this.#logger,
      listsMailboxes,
      setsFilters: true,
      onFact,
    });
    /** Settles with `undefined` when the source is stopped. */
    const lost = deferred<AmiFailure | undefined>();
    const opened = await (this.#options.open ?? openAmiClient)({
      host,
      port,
      username,
      secret,
      tls,
      events: EVENT_CLASSES,
      deadlines: { ...DEFAULT_DEADLINES, ...deadlines },
      clock: this.#clock,
      logger: this.#logger,
      signal: this.#stopping.signal,
      onPacket: (packet) => {
        this.#received += 1;
        session.take(packet);
      },
      onClose: (failure) => lost.resolve(failure),
    });
    if (!opened.ok) {
      session.end(opened.failure.message);
      this.#onFailure(opened.failure);
      return undefined;
    }
    const loggedInAt = this.#clock.now();
    this.#health = { state: 'connected' };
    this.#blindness.stop();
    this.#lastWarning = undefined;
    this.#logger.info(`${name}: connected to Asterisk at ${host}:${port}`);
    session.begin(opened.value);

    const stop = (): void => lost.resolve(undefined);
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    const failure = await lost.promise;
    if (failure !== undefined) this.#blindness.start();
    this.#stopping.signal.removeEventListener('abort', stop);
    await opened.value.close();
    session.end(failure?.message);
    this.#reportRejected(opened.value.rejected);
    if (failure !== undefined) this.#onFailure(failure);
    return loggedInAt;
  }

  /** One line for each new reason; a refused login, which nothing but a person can mend, each time. */
  #onFailure(failure: AmiFailure): void {
    this.#health = { state: 'connecting', reason: failure.message };
    if (this.#stopping.signal.aborted) return;
    const line = `${this.name}: ${failure.message}`;
    if (isLasting(failure)) this.#logger.error(line);
    else if (failure.message === this.#lastWarning) this.#logger.debug(line);
    else this.#logger.warn(line);
    this.#lastWarning = failure.message;
    // Asterisk's host may ban an address that keeps trying a wrong secret.
    if (isLasting(failure)) this.#failures = PATIENT;
  }

  #reportRejected(count: number): void {
    if (count === 0) return;
    this.#logger.warn(
      `${this.name}: ${count} packets were no events of Asterisk's own and were passed over: ` +
        'does a UserEvent of the dial plan carry values with line breaks?',
    );
  }

  /** Ends early when the source is stopped. */
  #pause(delayMs: number): Promise<void> {
    const over = deferred<void>();
    const { signal } = this.#stopping;
    const timer = this.#clock.after(delayMs, () => over.resolve());
    const stop = (): void => over.resolve();
    signal.addEventListener('abort', stop, { once: true });
    return over.promise.finally(() => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    });
  }
}

/** Failures so many that the next attempt waits as long as any. */
const PATIENT = 30;

function isLasting(failure: AmiFailure): boolean {
  return failure.code === 'login_refused' || failure.code === 'invalid_action';
}
