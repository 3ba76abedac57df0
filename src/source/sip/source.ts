import type { PbxName } from '../../model/ids.ts';
import type { Fact } from '../../telephony/facts.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { type Logger, silentLogger } from '../../util/log.ts';
import { type BackoffLimits, backoffDelay, DEFAULT_BACKOFF } from '../backoff.ts';
import type { Source, SourceCounts, SourceHealth } from '../source.ts';
import { type ConnectionFailure, type LoggedIn, openConnection } from './connection.ts';
import type { PartyOptions } from './party.ts';
import { type FollowedAccount, RegSubscription } from './reg-subscription.ts';
import { Watch } from './watch.ts';

export interface SipSourceOptions {
  readonly name: PbxName;
  readonly host: string;
  /** Default 9022. */
  readonly port?: number;
  readonly secret: string;
  readonly calls: PartyOptions;
  /** Accounts of outside registrars. Default: none. */
  readonly follow?: readonly FollowedAccount[];
  /** Milliseconds between attempts to connect: from `min` doubling to `max`. Default 1,000 and 60,000. */
  readonly backoff?: BackoffLimits;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** From 0 to 1, not 1. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Watches a drachtio-server over a connection of our own. It asks for no requests, which would be kept from the
 * applications that answer them: calls are known by the server's call detail records, registrations by subscription.
 */
export function createSipSource(options: SipSourceOptions): Source {
  return new SipSource(options);
}

const RECORDS = ['cdr:attempt', 'cdr:start', 'cdr:stop'];

/** Milliseconds that a login must have held, for the next attempt not to wait longer than the first. */
const HELD_MS = 10_000;
/** Failures so many that the next attempt waits as long as any. */
const PATIENT = 30;

class SipSource implements Source {
  readonly name: PbxName;
  readonly #options: SipSourceOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  #watch: Watch | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #lastWarning: string | undefined;

  constructor(options: SipSourceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#random = options.random ?? Math.random;
  }

  start(onFact: (fact: Fact) => void): void {
    if (this.#running !== undefined) return;
    const { name, calls } = this.#options;
    const [clock, logger] = [this.#clock, this.#logger];
    const watch = new Watch({ name, calls, clock, logger, fromRecords: true, onFact });
    this.#watch = watch;
    this.#running = this.#run(watch, onFact);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#watch?.stop();
  }

  health(): SourceHealth {
    return this.#watch?.health ?? { state: 'stopped' };
  }

  counts(): SourceCounts {
    return this.#watch?.counts ?? { received: 0, unseenMs: 0 };
  }

  async #run(watch: Watch, onFact: (fact: Fact) => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const heldMs = await this.#watchOnce(watch, onFact);
      if (signal.aborted) return;
      this.#failures = heldMs >= HELD_MS ? 1 : this.#failures + 1;
      await this.#pause(
        backoffDelay(this.#failures, this.#random(), this.#options.backoff ?? DEFAULT_BACKOFF),
      );
    }
  }

  /** From one attempt to connect to the loss of the connection; gives how long it held. */
  async #watchOnce(watch: Watch, onFact: (fact: Fact) => void): Promise<number> {
    const { host, port = 9022, secret } = this.#options;
    const { signal } = this.#stopping;
    const connection = openConnection({ host, port, secret, clock: this.#clock });
    let subscriptions: readonly RegSubscription[] = [];
    const stop = (): void => {
      for (const subscription of subscriptions) subscription.stop();
      connection.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    const session = await connection.ready;
    const since = this.#clock.elapsedMs();
    if (session !== undefined && !signal.aborted) {
      this.#logger.info(`${this.name}: connected to drachtio-server at ${host}:${port}`);
      this.#lastWarning = undefined;
      watch.listen(session.wire);
      watch.connected();
      for (const record of RECORDS) session.wire.send(session.socket, `route|${record}`);
      subscriptions = this.#follow(session, onFact);
    }
    const failure = await connection.lost;
    signal.removeEventListener('abort', stop);
    if (failure !== undefined) this.#onFailure(watch, failure);
    for (const subscription of subscriptions) subscription.stop();
    return session === undefined ? 0 : this.#clock.elapsedMs() - since;
  }

  #follow({ srf }: LoggedIn, onFact: (fact: Fact) => void): readonly RegSubscription[] {
    const [clock, logger, random] = [this.#clock, this.#logger, this.#random];
    const subscriptions = (this.#options.follow ?? []).map(
      (account) => new RegSubscription({ srf, account, clock, logger, random, onFact }),
    );
    // Without an answer here drachtio-srf would end the connection.
    srf.use((request, answer) => {
      const isKnown = request.method === 'NOTIFY' && subscriptions.some((one) => one.notified(request));
      if (request.method !== 'ACK') answer.send(isKnown ? 200 : 481);
    });
    for (const subscription of subscriptions) subscription.start();
    return subscriptions;
  }

  /** One line for each new reason; a refused login, which nothing but a person can mend, each time. */
  #onFailure(watch: Watch, { code, message }: ConnectionFailure): void {
    watch.disconnected(message);
    const line = `${this.name}: ${message}`;
    if (code === 'refused') this.#logger.error(line);
    else if (message === this.#lastWarning) this.#logger.debug(line);
    else this.#logger.warn(line);
    this.#lastWarning = message;
    if (code === 'refused') this.#failures = PATIENT;
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
