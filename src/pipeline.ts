import { EngineError } from './delivery/engine.ts';
import type { PbxEvent } from './model/event.ts';
import type { Memo } from './model/memo.ts';
import type { Source } from './source/source.ts';
import type { Fact } from './telephony/facts.ts';
import { type Clock, type Micros, micro, type Timer } from './util/clock.ts';
import { errorOf, reasonOf } from './util/error.ts';
import type { Logger } from './util/log.ts';

/** What the pipeline needs of a tracker: facts in, events out, and the time by which it wants to be asked again. */
export interface FactReducer {
  apply(fact: Fact): readonly PbxEvent[];
  settle(now: Micros): readonly PbxEvent[];
  /** What is to be remembered anew since the last time, to be kept with the events told since then. */
  memos(): readonly Memo[];
  /** The same of everything, for an end in order. */
  allMemos(): readonly Memo[];
  /** In the time of the facts; undefined when nothing waits. */
  deadline(): Micros | undefined;
}

export interface PipelineOptions {
  readonly source: Source;
  readonly tracker: FactReducer;
  /** Resolves once all of it is on disk; rejects when nothing of it is. */
  publish(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Facts whose events may wait in memory, besides the up to 1,000 being stored. Default 100,000, about 100 MB.
   * What comes when they are full is lost, whatever its type: what waits is older, and what follows would need it.
   */
  readonly spoolLimit?: number;
  /** Milliseconds between attempts to store what could not be stored. Default 1,000. */
  readonly retryDelay?: number;
}

/** Facts whose events are under way at once: enough for large transactions, few enough for an almost full disk. */
const BATCH = 1_000;

/** What one fact led to. It is kept as a whole or not at all, so that no restart finds half of it. */
interface Told {
  readonly events: readonly PbxEvent[];
  readonly memos: readonly Memo[];
}

/**
 * From one source to the engine: facts become events, events are published in the order in which they happened.
 * The source's callback never waits and never throws; while events can't be stored (full disk) they wait in memory,
 * as many as fit.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #spoolLimit: number;
  #spool: Told[] = [];
  #publishing: Promise<void> | undefined;
  #settling: { readonly timer: Timer; readonly deadline: Micros } | undefined;
  #retry: { timer: Timer; wake: () => void } | undefined;
  #stopping = false;
  #failing = false;
  /** Since the start, for want of memory. */
  #dropped = 0;
  #droppedBeforeFailing = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#spoolLimit = options.spoolLimit ?? 100_000;
  }

  start(): void {
    this.#options.source.start((fact) => this.#onFact(fact));
  }

  /** Ends the source, then stores what is left; what can't be stored is counted in the log. */
  async stop(): Promise<void> {
    await this.#options.source.stop();
    const { tracker, logger, source } = this.#options;
    if (tracker.deadline() !== undefined) this.#settle(micro(Number.POSITIVE_INFINITY));
    this.#settling?.timer.cancel();
    this.#take([], tracker.allMemos());
    this.#stopping = true;
    this.#wakeRetry();
    await this.#publishing;
    const lost = countEvents(this.#spool);
    if (lost > 0) logger.error(`${source.name}: ${lost} events could not be stored and are lost`);
  }

  #onFact(fact: Fact): void {
    try {
      this.#take(this.#options.tracker.apply(fact));
      this.#scheduleSettling(fact.at);
    } catch (error) {
      this.#options.logger.error(
        `${this.#options.source.name}: a ${fact.kind} was passed over: ${reasonOf(error)}`,
      );
    }
  }

  /** The deadline is in the PBX's time, whose clock may differ from ours: only the distance to it counts. */
  #scheduleSettling(factTime: Micros): void {
    const deadline = this.#options.tracker.deadline();
    if (deadline === undefined || (this.#settling && this.#settling.deadline <= deadline)) return;
    this.#settling?.timer.cancel();
    const timer = this.#options.clock.after(Math.max(0, deadline - factTime) / 1000, () => {
      this.#settling = undefined;
      this.#settle(deadline);
    });
    this.#settling = { timer, deadline };
  }

  #settle(deadline: Micros): void {
    try {
      this.#take(this.#options.tracker.settle(deadline));
      this.#scheduleSettling(deadline);
    } catch (error) {
      this.#options.logger.error(`${this.#options.source.name}: settling failed: ${reasonOf(error)}`);
    }
  }

  #take(events: readonly PbxEvent[], memos = this.#options.tracker.memos()): void {
    if (events.length > 0 || memos.length > 0) {
      if (this.#spool.length < this.#spoolLimit) this.#spool.push({ events, memos });
      else this.#drop(events.length);
    }
    if (this.#spool.length > 0) this.#publishing ??= this.#publishAll();
  }

  #drop(count: number): void {
    const before = this.#dropped;
    this.#dropped += count;
    if (Math.floor((before - 1) / 1000) < Math.floor((this.#dropped - 1) / 1000)) {
      this.#options.logger.error(
        `${this.#options.source.name}: ${countEvents(this.#spool)} events wait to be stored, no more fit in memory. ` +
          `New ones, of any type, are lost until there is room: ${this.#dropped} so far. Is the disk full, or slow?`,
      );
    }
  }

  /**
   * Publishes what gathered, waits until it is stored, and goes on with what gathered meanwhile. One that failed
   * goes again before all that gathered since. Those under way with it may overtake it: the store writes them in
   * their order, but when it fails one and there is room again for the next, that next one is stored first.
   */
  async #publishAll(): Promise<void> {
    while (this.#spool.length > 0) {
      const batch = this.#spool.splice(0, BATCH);
      const results = await Promise.allSettled(
        batch.map(({ events, memos }) => this.#options.publish(events, memos)),
      );
      const reasons = results.map((result) =>
        result.status === 'rejected' ? errorOf(result.reason) : undefined,
      );
      this.#passOver(reasons);
      const unsaved = unsavedOf(batch, reasons);
      if (unsaved.length === 0) {
        this.#recovered();
        continue;
      }
      this.#spool.unshift(...unsaved);
      this.#failed(reasons.find(isWorthRetrying));
      if (this.#stopping) break;
      await this.#retryDelay();
    }
    this.#publishing = undefined;
  }

  /** One event that can never be stored must not keep all those behind it waiting. */
  #passOver(reasons: readonly (Error | undefined)[]): void {
    for (const reason of reasons) {
      if (reason === undefined || isWorthRetrying(reason)) continue;
      this.#options.logger.error(`${this.#options.source.name}: an event is lost: ${reason.message}`);
    }
  }

  #failed(reason: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#droppedBeforeFailing = this.#dropped;
    this.#options.logger.error(
      `${this.#options.source.name}: events can't be stored and wait in memory: ${reasonOf(reason)}`,
    );
  }

  #recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    const lost = this.#dropped - this.#droppedBeforeFailing;
    const outcome = lost === 0 ? 'none was lost for want of memory' : `${lost} were lost for want of memory`;
    this.#options.logger.info(`${this.#options.source.name}: events are stored again, ${outcome}`);
  }

  #retryDelay(): Promise<void> {
    return new Promise((wake) => {
      const timer = this.#options.clock.after(this.#options.retryDelay ?? 1000, () => this.#wakeRetry());
      this.#retry = { timer, wake };
    });
  }

  #wakeRetry(): void {
    this.#retry?.timer.cancel();
    this.#retry?.wake();
    this.#retry = undefined;
  }
}

/** What is to be stored again; without what has been remembered anew meanwhile, by those that overtook it. */
function unsavedOf(batch: readonly Told[], reasons: readonly (Error | undefined)[]): Told[] {
  const unsaved: Told[] = [];
  const renewed = new Set<string>();
  for (const [index, told] of [...batch.entries()].reverse()) {
    if (reasons[index] === undefined) for (const { key } of told.memos) renewed.add(key);
    if (!isWorthRetrying(reasons[index])) continue;
    unsaved.unshift({ ...told, memos: told.memos.filter(({ key }) => !renewed.has(key)) });
  }
  return unsaved;
}

function countEvents(spool: readonly Told[]): number {
  return spool.reduce((count, { events }) => count + events.length, 0);
}

/** An engine that refuses the event itself will refuse it for ever. */
function isWorthRetrying(reason: Error | undefined): boolean {
  return reason !== undefined && !(reason instanceof EngineError);
}
