import { Budget } from './budget.ts';
import { type Limits, type Outcome, Sandbox } from './sandbox.ts';

export type Evaluation = Exclude<Outcome, { kind: 'late' }>;

const LIMITS: Limits = { timeMs: 50, depth: 500, resultBytes: 1024 * 1024 };

/** An expression that was too slow so often in a row is left alone for a while: it must not slow others down. */
const MAX_LATE = 3;

/** Evaluations of an expression that takes too long; and of one that got less than half of its time to work. */
const TRIES = 2;
const TRIES_WHEN_BUSY = 6;
const PAUSE_MS = 10_000;

/** Expressions that one sandbox may have compiled; then it is replaced by an empty one. */
const MAX_COMPILED = 2_000;

/**
 * Evaluates JSONata (version 2) within limits: 50 ms, 500 nested steps, 1 MiB of result, and a share of the thread.
 * One for each thread; it costs nothing before the first expression.
 */
export class Expressions {
  readonly #elapsedMs: () => number;
  readonly #workedMs: () => number;
  readonly #budget = new Budget();
  #sandbox: Sandbox | undefined;
  readonly #compiled = new Set<string>();
  /** What the last evaluation took of this thread. */
  #lastWorkedMs = 0;
  readonly #late = new Map<string, { times: number; pausedUntil: number }>();

  /** @param workedMs how long this thread was at work: what other threads and processes do is charged to nobody. */
  constructor(elapsedMs: () => number = () => performance.now(), workedMs: () => number = threadMs) {
    this.#elapsedMs = elapsedMs;
    this.#workedMs = workedMs;
  }

  /**
   * `input` is JSON. Never throws.
   *
   * @param nowMs what `$now()` and `$millis()` tell, in milliseconds since the epoch.
   */
  evaluate(source: string, input: string, nowMs: number = Date.now()): Evaluation {
    const late = this.#late.get(source);
    if (late !== undefined && this.#elapsedMs() < late.pausedUntil) {
      const reason = `it took longer than ${LIMITS.timeMs} ms ${late.times} times in a row and is not tried for ${PAUSE_MS / 1000} s`;
      return { kind: 'failed', reason };
    }
    if (this.#budget.isUsedUp(source, this.#elapsedMs())) {
      const reason = `it is too slow for so many events: slow expressions share ${Budget.perSecondMs} ms of every second. Make it simpler, or let fewer events come to it`;
      return { kind: 'failed', reason };
    }
    let outcome = this.#try(source, input, nowMs);
    // Time goes by on the wall: more than once, and often where this thread hardly got to work, since then it is the
    // machine that is slow.
    for (let tries = 1; outcome.kind === 'late' && tries < this.#tries; tries += 1) {
      outcome = this.#try(source, input, nowMs);
    }
    if (outcome.kind !== 'late') {
      this.#late.delete(source);
      return outcome;
    }
    const times = (late?.times ?? 0) + 1;
    const pausedUntil = times < MAX_LATE ? 0 : this.#elapsedMs() + PAUSE_MS;
    this.#late.set(source, { times, pausedUntil });
    return { kind: 'failed', reason: `it took longer than ${LIMITS.timeMs} ms` };
  }

  get #tries(): number {
    return this.#lastWorkedMs < LIMITS.timeMs / 2 ? TRIES_WHEN_BUSY : TRIES;
  }

  #try(source: string, input: string, nowMs: number): Outcome {
    if (this.#compiled.size >= MAX_COMPILED) {
      this.#forget();
    }
    this.#compiled.add(source);
    this.#sandbox ??= new Sandbox(LIMITS);
    const begun = this.#workedMs();
    const outcome = this.#sandbox.evaluate(source, input, { nowMs, watched: !isPlain(source) });
    this.#lastWorkedMs = this.#workedMs() - begun;
    this.#budget.charge(source, input.length, this.#lastWorkedMs, this.#elapsedMs());
    if (outcome.kind === 'late') {
      this.#forget();
    }
    return outcome;
  }

  #forget(): void {
    this.#sandbox = undefined;
    this.#compiled.clear();
    if (this.#late.size > MAX_COMPILED) {
      this.#late.clear();
    }
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Regular expressions, ranges, functions of one's own, variables, texts that grow: what a single step may take long for. */
const HEAVY = /[/λ~&|`]|\.\.|\*\*|:=|\bfunction\b/;

/** Builtin functions whose work is in proportion to what they are given. */
const LIGHT = new Set(
  (
    'abs append average boolean ceil contains count exists floor keys length lowercase max min not now number ' +
    'round substring substringAfter substringBefore sum trim uppercase'
  ).split(' '),
);

const plain = new Map<string, boolean>();

/** Whether no single step of an expression can take long. */
function isPlain(source: string): boolean {
  let known = plain.get(source);
  if (known === undefined) {
    const names = [...source.matchAll(/\$([\p{L}\p{N}_]+)/gu)].map(([, name = '']) => name);
    known = !HEAVY.test(source) && names.every((name) => LIGHT.has(name));
    if (plain.size > MAX_COMPILED) plain.clear();
    plain.set(source, known);
  }
  return known;
}
