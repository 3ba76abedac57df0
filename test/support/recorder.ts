/** Keeps what happened in order, and lets a test await what has not happened yet. */
export interface Recorder<T> {
  readonly all: readonly T[];
  add(item: T): void;
  /** Settles with the first item, told before or after this call, for which `test` holds. */
  first(test: (item: T) => boolean): Promise<T>;
}

export function createRecorder<T>(): Recorder<T> {
  const all: T[] = [];
  const waiting = new Set<(item: T) => void>();
  return {
    all,
    add(item) {
      all.push(item);
      for (const look of [...waiting]) look(item);
    },
    first(test) {
      const known = all.find(test);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const look = (item: T): void => {
          if (!test(item)) return;
          waiting.delete(look);
          resolve(item);
        };
        waiting.add(look);
      });
    },
  };
}
