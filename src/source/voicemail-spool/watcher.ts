import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../util/clock.ts';
import { errorOf } from '../../util/error.ts';
import { folderTimes, signatureOf } from './read-mailbox.ts';

export interface SpoolWatcherOptions {
  readonly spool: string;
  readonly clock: Clock;
  /** A mailbox such as `1002@default` was found as it is, was made, or changed. */
  onChange(mailbox: string, how: 'found' | 'made' | 'changed'): void;
  /** After each look at all folders; `error` is the first thing that could not be read. */
  onLook(error: Error | undefined): void;
}

/** Milliseconds between two looks at all folders: they find what no watcher told, and new mailboxes. */
const LOOK_MS = 15_000;
/** Milliseconds in which changes of one mailbox gather: a visit's end moves many files. */
const GATHER_MS = 200;
/** Folders that are watched; the changes of those beyond are found by looking. */
const MAX_WATCHED = 4_096;

interface Seen {
  signature: string;
  readonly watchers: Map<string, FSWatcher>;
}

/**
 * Notices which mailboxes of a spool change. The kernel tells at once, where it can (not on a network's file
 * system, and only as many folders as it allows); the folders' times tell in the end.
 */
export class SpoolWatcher {
  readonly #options: SpoolWatcherOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #gathering = new Map<string, Timer>();
  #watched = 0;
  #canWatch = true;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;
  /** All folders could be read before: one that is new was made since. */
  #hasSeenAll = false;

  constructor(options: SpoolWatcherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const timer of this.#gathering.values()) timer.cancel();
    await this.#looking;
    for (const mailbox of [...this.#seen.keys()]) this.#forget(mailbox);
  }

  /** What is known of a mailbox was not had whole: the next look takes it for changed. */
  doubt(mailbox: string): void {
    const seen = this.#seen.get(mailbox);
    if (seen !== undefined) seen.signature = '';
  }

  async #look(): Promise<void> {
    const { clock, onLook } = this.#options;
    const error = await this.#lookAtAll();
    if (this.#isStopped) return;
    if (error === undefined) this.#hasSeenAll = true;
    onLook(error);
    this.#timer = clock.after(LOOK_MS, () => {
      this.#looking = this.#look();
    });
  }

  /** One context that can't be read does not hide the others. */
  async #lookAtAll(): Promise<Error | undefined> {
    const { spool } = this.#options;
    const there = new Set<string>();
    const contexts = await foldersOf(spool);
    let error = contexts.error;
    for (const context of contexts.names) {
      const boxes = await foldersOf(join(spool, context));
      error ??= boxes.error;
      for (const box of boxes.names) {
        if (this.#isStopped) return error;
        const mailbox = `${box}@${context}`;
        there.add(mailbox);
        await this.#lookAt(mailbox, join(spool, context, box));
      }
    }
    for (const mailbox of this.#seen.keys()) if (!there.has(mailbox)) this.#forget(mailbox);
    return error;
  }

  async #lookAt(mailbox: string, folder: string): Promise<void> {
    // One that can't be read says so when it is listed.
    const times = await folderTimes(folder).catch(() => []);
    if (this.#isStopped) return;
    const known = this.#seen.get(mailbox);
    const seen: Seen = known ?? { signature: '', watchers: new Map() };
    this.#seen.set(mailbox, seen);
    for (const { name } of times) this.#watch(mailbox, seen, join(folder, name));
    const signature = signatureOf(times);
    if (known !== undefined && signature === known.signature) return;
    seen.signature = signature;
    this.#options.onChange(mailbox, known === undefined ? (this.#hasSeenAll ? 'made' : 'found') : 'changed');
  }

  #watch(mailbox: string, seen: Seen, path: string): void {
    if (!this.#canWatch || seen.watchers.has(path) || this.#watched >= MAX_WATCHED) return;
    try {
      const watcher = watch(path, { persistent: false }, () => this.#noticed(mailbox));
      watcher.on('error', () => this.#unwatch(seen, path));
      seen.watchers.set(path, watcher);
      this.#watched += 1;
    } catch {
      // The kernel has no watchers left, or none for this file system: looking has to do.
      this.#canWatch = false;
    }
  }

  #noticed(mailbox: string): void {
    if (this.#isStopped || this.#gathering.has(mailbox)) return;
    const timer = this.#options.clock.after(GATHER_MS, () => {
      this.#gathering.delete(mailbox);
      this.#options.onChange(mailbox, 'changed');
    });
    this.#gathering.set(mailbox, timer);
  }

  #unwatch(seen: Seen, path: string): void {
    const watcher = seen.watchers.get(path);
    if (watcher === undefined) return;
    watcher.close();
    seen.watchers.delete(path);
    this.#watched -= 1;
  }

  #forget(mailbox: string): void {
    const seen = this.#seen.get(mailbox);
    this.#seen.delete(mailbox);
    for (const path of [...(seen?.watchers.keys() ?? [])]) if (seen !== undefined) this.#unwatch(seen, path);
  }
}

/** Folders in a folder, and what kept them from being read. A link may lead to one. */
async function foldersOf(
  path: string,
): Promise<{ readonly names: readonly string[]; readonly error?: Error }> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
    return { names: folders.map(({ name }) => name) };
  } catch (error) {
    const isNoFolder = error instanceof Error && 'code' in error && error.code === 'ENOTDIR';
    return isNoFolder ? { names: [] } : { names: [], error: errorOf(error) };
  }
}
