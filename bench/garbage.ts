import { Session } from 'node:inspector/promises';
import { z } from 'zod';

const answer = z.object({ id: z.number() });

/** Collects the garbage of every thread of this process, each by its inspector: they offer no other way in. */
export class GarbageCollector {
  readonly #here = new Session();
  readonly #threads = new Set<string>();
  readonly #waiting = new Map<number, () => void>();
  #lastId = 0;

  /** Knows the threads that there are, and those that start later. */
  async start(): Promise<void> {
    this.#here.connect();
    this.#here.on('NodeWorker.attachedToWorker', ({ params }) => this.#threads.add(params.sessionId));
    this.#here.on('NodeWorker.detachedFromWorker', ({ params }) => this.#threads.delete(params.sessionId));
    this.#here.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { success, data } = answer.safeParse(JSON.parse(params.message));
      if (success) this.#waiting.get(data.id)?.();
    });
    await this.#here.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  async collect(): Promise<void> {
    await Promise.all(Array.from(this.#threads, (sessionId) => this.#collectIn(sessionId)));
    await this.#here.post('HeapProfiler.collectGarbage');
  }

  async #collectIn(sessionId: string): Promise<void> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    const message = JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' });
    await this.#here.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    await promise;
    this.#waiting.delete(id);
  }
}
