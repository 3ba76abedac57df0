import { Session } from 'node:inspector/promises';

/** Collects the garbage of every thread of this process, each by its inspector: they offer no other way in. */
export class GarbageCollector {
  readonly #here = new Session();
  readonly #threads = new Set<string>();
  /** By the thread that is waited for. */
  readonly #waiting = new Map<string, () => void>();

  /** Knows the threads that there are, and those that start later. */
  async start(): Promise<void> {
    this.#here.connect();
    this.#here.on('NodeWorker.attachedToWorker', ({ params }) => this.#threads.add(params.sessionId));
    this.#here.on('NodeWorker.detachedFromWorker', ({ params }) => {
      this.#threads.delete(params.sessionId);
      this.#waiting.get(params.sessionId)?.();
    });
    this.#here.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.#waiting.get(params.sessionId)?.(),
    );
    await this.#here.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  async collect(): Promise<void> {
    await Promise.all(Array.from(this.#threads, (sessionId) => this.#collectIn(sessionId)));
    await this.#here.post('HeapProfiler.collectGarbage');
  }

  async #collectIn(sessionId: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(sessionId, resolve);
    const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' });
    await this.#here.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    await promise;
    this.#waiting.delete(sessionId);
  }
}
