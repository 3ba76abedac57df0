import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorOf } from '../../util/error.ts';
import type { FromSender, ToSender } from './protocol.ts';

/** The way to a sender in a thread of its own. */
export interface SenderChannel {
  post(message: ToSender): void;
  /** Ends the sender; attempts under way are cut off and not told of. */
  stop(): Promise<void>;
}

export interface ChannelListener {
  onMessage(message: FromSender): void;
  /** The sender died without having been stopped; it takes no more. */
  onDeath(error: Error): void;
}

export function openThread(listener: ChannelListener): SenderChannel {
  return channelTo(startThread(), listener);
}

export function startThread(): Worker {
  // The extension of this file: it runs from source, from the build and under a test runner.
  return new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), { execArgv: [] });
}

export function channelTo(thread: Worker, listener: ChannelListener): SenderChannel {
  let reason = new Error('it ended by itself');
  thread.on('message', (message: FromSender) => listener.onMessage(message));
  thread.on('error', (error) => {
    reason = errorOf(error);
  });
  thread.on('exit', () => listener.onDeath(reason));
  return {
    post: (message) => thread.postMessage(message),
    stop: async () => {
      thread.removeAllListeners('exit');
      await thread.terminate();
    },
  };
}
