import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Progress } from '../delivery/recovery.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { errorOf } from '../util/error.ts';
import type { ApiEnv } from './env.ts';
import { answerTo } from './problem.ts';

const LINES = 'application/x-ndjson';

export function wantsLines(context: Context<ApiEnv>): boolean {
  return (context.req.header('accept') ?? '').toLowerCase().includes(LINES);
}

/**
 * Answers while the work goes on: a line whenever more is done, then the answer, or the problem that ended it. What
 * fails before anything is done is thrown as ever. A reader that is slow gets fewer lines; when it is gone the work
 * goes on to its end.
 */
export async function inLines(
  work: (onProgress: Progress) => Promise<unknown>,
  context: Context<ApiEnv>,
  status: ContentfulStatusCode,
): Promise<Response> {
  const lines = new Lines();
  const last = work((count) => lines.tell(count));
  await Promise.race([lines.begun, last]);
  void last.then(
    (answer) => lines.end(answer),
    (error: unknown) => lines.end(answerTo(errorOf(error), context, context.get('logger')).body),
  );
  const body = new ReadableStream(
    {
      async pull(controller) {
        const { line, isLast } = await lines.next();
        controller.enqueue(new TextEncoder().encode(`${line}\n`));
        if (isLast) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return context.body(body, status, { 'Content-Type': LINES, 'X-Accel-Buffering': 'no' });
}

/** The newest line that nobody has read yet. */
class Lines {
  readonly #begun = deferred<void>();
  #unread: { readonly line: string; readonly isLast: boolean } | undefined;
  #reader: Deferred<void> | undefined;

  /** Resolves with the first line. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  tell(count: number): void {
    this.#put(JSON.stringify({ count }), false);
  }

  end(answer: unknown): void {
    this.#put(JSON.stringify(answer), true);
  }

  async next(): Promise<{ readonly line: string; readonly isLast: boolean }> {
    for (;;) {
      const unread = this.#unread;
      this.#unread = undefined;
      if (unread !== undefined) return unread;
      this.#reader = deferred<void>();
      await this.#reader.promise;
    }
  }

  #put(line: string, isLast: boolean): void {
    this.#unread = { line, isLast };
    this.#begun.resolve();
    this.#reader?.resolve();
  }
}
