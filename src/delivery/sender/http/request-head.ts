/** A request that can't be sent as it is; the message says which header. */
export class UnsendableRequestError extends Error {}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whatever would end a header's line, or is no character of one byte. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * The first line of a target's requests and what follows in each of them (RFC 9112, 3).
 *
 * @param host with its port, unless that is the scheme's own
 * @param path with its query, as a URL has it
 */
export function requestStart(host: string, path: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
}

/**
 * All of a request but its body, one character for each byte.
 *
 * @param headers names and values in turn
 * @throws {UnsendableRequestError} of a header that would not arrive as one
 */
export function requestHead(start: string, headers: readonly string[], bodyBytes: number): string {
  let head = start;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!TOKEN.test(name)) throw new UnsendableRequestError(`${JSON.stringify(name)} is no name of a header`);
    if (FORBIDDEN.test(value)) {
      throw new UnsendableRequestError(
        `header ${name} has a line break, a control character or one beyond Latin-1`,
      );
    }
    head += `${name}: ${value}\r\n`;
  }
  return `${head}content-length: ${bodyBytes}\r\n\r\n`;
}
