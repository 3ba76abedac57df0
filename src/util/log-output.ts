import { pino } from 'pino';
import { rfc3339Millis } from './clock.ts';
import type { Logger } from './log.ts';
import { type LogStream, standardStream } from './log-stream.ts';
import { localTime, oneLine } from './one-line.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  /** The least urgent level that is written. Default `info`. */
  readonly level?: LogLevel | undefined;
  /**
   * `json` (default): one pino object a line, `time` in UTC.
   * `text`: `2025-12-07 12:00:00 - PBX - INFO - message`, in the machine's time zone (`TZ`).
   */
  readonly format?: LogFormat | undefined;
  /** Default: standard output. */
  readonly output?: LogStream | undefined;
}

export interface OutputLogger extends Logger {
  /** Settles when every line so far has left the process; never rejects. */
  flush(): Promise<void>;
}

const TEXT_LEVELS = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
} as const satisfies Record<LogLevel, string>;

/**
 * Writes without waiting: whoever reads the log slowly, or not at all, never stops the process from reading its
 * PBX. A reader that has gone is no error.
 */
export function createLogger({ level = 'info', format = 'json', output }: LogOptions = {}): OutputLogger {
  const stream = output ?? standardStream(1);
  const log = format === 'json' ? jsonLogger(level, stream) : textLogger(level, stream);
  return { ...log, flush: () => stream.flush() };
}

/** A text log on standard error, for commands whose standard output is their result. */
export function createErrorLogger(level: LogLevel = 'info'): OutputLogger {
  return createLogger({ level, format: 'text', output: standardStream(2) });
}

function jsonLogger(level: LogLevel, output: LogStream): Logger {
  const log = pino(
    {
      level,
      base: { name: 'pbx-webhooks' },
      timestamp: () => `,"time":"${rfc3339Millis(Date.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  return {
    isLevelEnabled: (own) => log.isLevelEnabled(own),
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  };
}

/** What a caller or a receiver says must not be able to forge a line of the log. */
function textLogger(level: LogLevel, output: LogStream): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const isLevelEnabled = (own: LogLevel) => LOG_LEVELS.indexOf(own) >= least;
  const at = (own: LogLevel) =>
    !isLevelEnabled(own)
      ? () => {}
      : (message: string) =>
          void output.write(`${localTime(new Date())} - PBX - ${TEXT_LEVELS[own]} - ${oneLine(message)}\n`);
  return { isLevelEnabled, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
