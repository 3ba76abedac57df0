import type { Logger } from './log.ts';

/**
 * A logger of someone else's that can't hurt us: what its methods throw, or reject with, is dropped, and a method
 * that is not there says nothing. A line is lost then, but never an event or the process.
 */
export function guardedLogger(logger: Logger): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) => {
    try {
      const result: unknown = logger[level](message);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // There is nowhere left to say it.
    }
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    isLevelEnabled(level) {
      try {
        return logger.isLevelEnabled?.(level) ?? true;
      } catch {
        return true;
      }
    },
  };
}
