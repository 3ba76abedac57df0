import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { AnswerOf, ApiClient, ProgressKey, RequestOf } from '../../api/client.ts';
import { Interrupted, UsageError } from '../exit.ts';
import { Progress } from '../progress.ts';

/**
 * A call that may take long, with its progress shown. Ctrl-C ends the command and says how far it is: the service goes
 * on to the end.
 */
export async function runBulk<Key extends ProgressKey>(
  client: ApiClient,
  key: Key,
  request: RequestOf<Key>,
  what: string,
): Promise<AnswerOf<Key>> {
  const progress = new Progress(what);
  const interrupted = new AbortController();
  const onInterrupt = (): void => interrupted.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const signalled = { ...request, signal: interrupted.signal };
    return await client.callWithProgress(key, signalled, (count) => progress.set(count));
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    progress.end();
    const message = `interrupted: ${progress.count} ${what} so far; the service goes on with the rest`;
    throw new Interrupted('interrupted', message, { cause: error });
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.end();
  }
}

/** Asks on a terminal; elsewhere only `--yes` is an answer. Throws when it is not yes. */
export async function confirm(question: string, yes: true | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError('usage', `${question} There is no terminal to ask: say --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    // At Ctrl-D no answer comes.
    const ended = once(terminal, 'close').then(() => '');
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new UsageError('usage', 'nothing was done');
  } finally {
    terminal.close();
  }
}
