/** Keeps what happened in order, and lets a test await what has not happened yet. */
export interface Recorder<T> {
  readonly all: readonly T[];
  add(item: T): void;
  /** Settles with the first item, told before or after this call, for which `test` holds. */
  first(test: (item: T) => boolean): Promise<T>;
  /** Nothing more will come: whoever still waits is told what did come. */
  end(): void;
}

export function createRecorder<T>(): Recorder<T> {
  const all: T[] = [];
  const waiting = new Set<(item: T) => void>();
  const abandoned = new Set<() => void>();
  let isEnded = false;
  const nothingMore = (): Error => new Error(`it never came; what came: ${JSON.stringify(all)}`);
  return {
    all,
    add(item) {
      all.push(item);
      for (const look of [...waiting]) look(item);
    },
    first(test) {
      const known = all.find(test);
      if (known !== undefined) return Promise.resolve(known);
      if (isEnded) return Promise.reject(nothingMore());
      return new Promise((resolve, reject) => {
        const giveUp = (): void => reject(nothingMore());
        const look = (item: T): void => {
          if (!test(item)) return;
          waiting.delete(look);
          abandoned.delete(giveUp);
          resolve(item);
        };
        waiting.add(look);
        abandoned.add(giveUp);
      });
    },
    end() {
      isEnded = true;
      for (const giveUp of abandoned) giveUp();
    },
  };
}
