import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Context, constants, createContext, Script } from 'node:vm';
import { HARNESS } from './harness.ts';

export interface Limits {
  /** For one evaluation, in milliseconds. */
  readonly timeMs: number;
  /** How deep an evaluation may nest: endless recursion ends here. */
  readonly depth: number;
  readonly resultBytes: number;
}

interface Manner {
  readonly nowMs: number;
  readonly watched: boolean;
}

/** What came of one evaluation; `json` is undefined when the expression gave nothing. */
export type Outcome =
  | { readonly kind: 'value'; readonly json: string | undefined }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'late' };

/** Codes that JSONata gives to its own guards. */
const TOO_DEEP = 'D1011';
const TOO_LATE = 'D1012';

/**
 * JSONata in a V8 context of its own, where one time limit holds for all of an evaluation, loops in regular
 * expressions and builtin functions included. Only texts go in and out.
 */
export class Sandbox {
  readonly #limits: Limits;
  readonly #context: Context;
  readonly #run = new Script('evaluate(source, input, { timeMs, depth, resultBytes })');

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#context = createContext(constants.DONT_CONTEXTIFY, {
      codeGeneration: { strings: false, wasm: false },
    });
    for (const script of [library(), new Script(HARNESS)]) {
      script.runInContext(this.#context);
    }
    Object.assign(this.#context, limits);
  }

  /**
   * `input` is JSON, `nowMs` the time that it is for the expression. Without `watched` only JSONata's own guards hold, which look between two steps of the
   * evaluation: some thirty times cheaper, and enough where no single step can take long. Once the answer was
   * `late` the sandbox is to be thrown away: nobody knows what was left behind in it.
   */
  evaluate(source: string, input: string, { nowMs, watched }: Manner): Outcome {
    this.#context['source'] = source;
    this.#context['input'] = input;
    this.#context['nowMs'] = nowMs;
    try {
      this.#run.runInContext(this.#context, watched ? { timeout: this.#limits.timeMs } : {});
    } catch (error) {
      return codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
        ? { kind: 'late' }
        : { kind: 'failed', reason: `it can't be evaluated: ${String(error)}` };
    }
    return this.#answer();
  }

  #answer(): Outcome {
    const { state, result, code } = this.#context;
    switch (state) {
      case 'nothing':
        return { kind: 'value', json: undefined };
      case 'value':
        return Buffer.byteLength(String(result)) > this.#limits.resultBytes
          ? { kind: 'failed', reason: `its result is larger than ${this.#limits.resultBytes} bytes` }
          : { kind: 'value', json: String(result) };
      default:
        return this.#failure(String(code), String(result));
    }
  }

  #failure(code: string, message: string): Outcome {
    switch (code) {
      case TOO_LATE:
        return { kind: 'late' };
      case TOO_DEEP:
        return {
          kind: 'failed',
          reason: `it nests deeper than ${this.#limits.depth} steps (a recursion without end?)`,
        };
      default:
        return { kind: 'failed', reason: message };
    }
  }
}

/** What a context throws is no instance of our Error. */
function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}

let compiledLibrary: Script | undefined;

/**
 * JSONata is async for the sake of functions that a host adds, and none is added here. Without its `async` and
 * `await` it makes no promise: an evaluation that is stopped in the middle would leave one behind that was rejected
 * and that nobody awaits yet, which ends the host's process. It computes the same but for one thing: the parts of an
 * array or object are evaluated one after the other, and not begun all at once, so that a variable that one of them
 * assigns has its new value in the next.
 */
function library(): Script {
  const path = createRequire(import.meta.url).resolve('jsonata');
  const synchronous = () => readFileSync(path, 'utf8').replace(/\b(?:async|await)\s+(?=[\w(])/g, '');
  compiledLibrary ??= new Script(synchronous(), { filename: 'jsonata.js' });
  return compiledLibrary;
}
