import { createWriteStream, type WriteStream } from 'node:fs';

/** Where the lines of a log go. */
export interface LogStream {
  /** Takes the line at once and never throws. */
  write(line: string): void;
  /** Settles when every line so far has left the process or was given up; never rejects. */
  flush(): Promise<void>;
}

/** Characters that wait for a slow reader at most; lines beyond are dropped. */
const MAX_WAITING = 4 * 1024 * 1024;

/**
 * Standard output or standard error, written in the background: a reader that is slow, stops or has gone (EPIPE)
 * never holds up the process, as Node's own synchronous writes to a pipe would, nor ends it.
 */
export function standardStream(fd: 1 | 2): LogStream {
  let stream: WriteStream | undefined;
  let gone = false;

  const opened = (): WriteStream => {
    const fresh = createWriteStream('', { fd, autoClose: false });
    fresh.on('error', (error: NodeJS.ErrnoException) => {
      if (stream === fresh) stream = undefined;
      // A full disk may have room again for the next line; a reader that left does not come back.
      gone ||= error.code === 'EPIPE' || error.code === 'EBADF';
    });
    return fresh;
  };

  const write = (line: string, done?: () => void): void => {
    if (!gone) stream ??= opened();
    if (stream === undefined || gone || stream.writableLength > MAX_WAITING) done?.();
    else stream.write(line, done);
  };

  return { write: (line) => write(line), flush: () => new Promise((resolve) => write('', resolve)) };
}
