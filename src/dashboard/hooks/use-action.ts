import { useEffect, useRef, useState } from 'preact/hooks';
import { problemOf, type Trouble } from '../session/trouble.ts';

export interface Action<Args extends readonly unknown[]> {
  readonly busy: boolean;
  /** What the last run met; undefined once it went well or another began. */
  readonly trouble: Trouble | undefined;
  /** Does nothing while one is under way. Never rejects. */
  run(...args: Args): void;
  /** Forgets what the last run met. */
  clear(): void;
}

/** Something that a person starts and waits for, such as a retry. */
export function useAction<Args extends readonly unknown[]>(
  work: (...args: Args) => Promise<void>,
): Action<Args> {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const running = useRef(false);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);

  async function runOnce(args: Args): Promise<void> {
    running.current = true;
    setBusy(true);
    setTrouble(undefined);
    try {
      await work(...args);
    } catch (error) {
      if (shown.current) setTrouble(problemOf(error));
    } finally {
      running.current = false;
      if (shown.current) setBusy(false);
    }
  }

  return {
    busy,
    trouble,
    run: (...args) => {
      if (!running.current) void runOnce(args);
    },
    clear: () => setTrouble(undefined),
  };
}
