/**
 * The one way to say something to whoever runs the PBX. Secrets and the query values of URLs never get in.
 * A host's own logger (pino, console, winston) fits as it is.
 */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** Saves making lines that nobody will read; a logger without it gets them all. */
  isLevelEnabled?(level: 'debug' | 'info' | 'warn' | 'error'): boolean;
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  isLevelEnabled: () => false,
};
