import type { Fact } from '../../telephony/facts.ts';
import { type Clock, type Micros, micro, type Timer } from '../../util/clock.ts';
import { reasonOf } from '../../util/error.ts';
import type { Logger } from '../../util/log.ts';
import { Stopwatch } from '../../util/stopwatch.ts';
import type { SourceCounts, SourceHealth } from '../source.ts';
import type { Wire } from './host-srf.ts';
import { SipObserver } from './observer.ts';
import type { PartyOptions } from './party.ts';
import { Tap } from './tap.ts';

export interface WatchOptions {
  /** Name of the source, for the log. */
  readonly name: string;
  readonly calls: PartyOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fromRecords: boolean;
  onFact(fact: Fact): void;
}

/**
 * What was there when sight was lost can't be asked for: it counts as there until so many milliseconds have passed
 * with sight and without a sign of it. Session timers (RFC 4028) give one every half an hour at most.
 */
const SILENCE_LIMIT_MS = 3_600_000;
/** The same of calls that were seen all the time: of a proxied call the end may never be told. */
const LONGEST_SILENCE_MS = 86_400_000;

/** What one source sees, over all the connections that it has one after the other. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #observer: SipObserver;
  readonly #blindness: Stopwatch;
  #health: SourceHealth = { state: 'connecting' };
  #tap: Tap | undefined;
  #isFirst = true;
  #hasFailed = false;
  #silence: Timer | undefined;

  constructor(options: WatchOptions) {
    const { clock, calls, fromRecords } = options;
    this.#options = options;
    this.#observer = new SipObserver({
      ...calls,
      fromRecords,
      clock,
      onFact: (fact) => options.onFact(fact),
    });
    this.#blindness = new Stopwatch(clock);
    this.#blindness.start();
  }

  get health(): SourceHealth {
    return this.#health;
  }

  get counts(): SourceCounts {
    return { received: this.#observer.received, unseenMs: this.#blindness.ms };
  }

  listen(wire: Wire): void {
    if (this.#tap?.isOf(wire)) return;
    this.#tap?.remove();
    this.#tap = new Tap(wire, {
      incoming: (frame) => {
        // A request may come before the host is told that it is connected.
        if (frame.split('|', 2)[1] === 'sip') this.connected();
        return this.#observer.incoming(frame);
      },
      outgoing: (id, frame, because) => this.#observer.outgoing(id, frame, because),
      failed: (error) => this.#onFailure(error),
    });
  }

  connected(): void {
    if (this.#health.state === 'connected') return;
    const { clock, onFact } = this.#options;
    const at = clock.now();
    this.#health = { state: 'connected' };
    this.#blindness.stop();
    onFact({ kind: 'pbx.connected', at });
    onFact({ kind: 'pbx.booted', at });
    // Nobody can be asked what there is.
    onFact({ kind: 'contacts.listed', at, accountKinds: [], contacts: [] });
    // Calls of an earlier run had dialogs that nobody knows any more.
    if (this.#isFirst) this.#forgetSilentSince(at);
    else this.#forgetLater(() => at);
    this.#isFirst = false;
  }

  disconnected(reason: string): void {
    const wasConnected = this.#health.state === 'connected';
    this.#health = { state: 'connecting', reason };
    this.#blindness.start();
    this.#silence?.cancel();
    if (wasConnected)
      this.#options.onFact({ kind: 'pbx.disconnected', at: this.#options.clock.now(), reason });
  }

  stop(): void {
    this.#tap?.remove();
    this.#tap = undefined;
    this.#observer.stop();
    this.#silence?.cancel();
    this.#health = { state: 'stopped' };
    this.#blindness.stop();
  }

  #forgetLater(since: () => Micros): void {
    this.#silence?.cancel();
    this.#silence = this.#options.clock.after(SILENCE_LIMIT_MS, () => this.#forgetSilentSince(since()));
  }

  #forgetSilentSince(time: Micros): void {
    const { clock } = this.#options;
    this.#forgetLater(() => micro(clock.now() - LONGEST_SILENCE_MS * 1000));
    const streamed = this.#observer.forgetSilentSince(time);
    this.#options.onFact({
      kind: 'pbx.stock_taken',
      at: clock.now(),
      channels: [],
      streamed,
      parked: undefined,
      queues: undefined,
      rooms: undefined,
      mailboxes: undefined,
    });
  }

  /** Once loud: a message that can't be read is likely to come again. */
  #onFailure(error: unknown): void {
    const { name, logger } = this.#options;
    const line = `${name}: a SIP message was passed over: ${reasonOf(error)}`;
    if (this.#hasFailed) logger.debug(line);
    else logger.error(line);
    this.#hasFailed = true;
  }
}
