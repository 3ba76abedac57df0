/** What comes instead of an HTTP/1.1 response; the message says what is wrong with it. */
export class UnreadableResponseError extends Error {}

/** How the end of a body is known (RFC 9112, 6.3): by its length in bytes, by its last chunk, by the connection's end. */
export type Framing = number | 'chunked' | 'until_close';

/** What comes before a response's body. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  /** A JSON object, names in lower case, a repeated header as an array. */
  readonly headers: string;
  readonly framing: Framing;
  /** For so long after the response its connection may be used again, in milliseconds; 0: not at all. */
  readonly keptMs: number;
}

type Fields = ReadonlyMap<string, readonly string[]>;

/** How long a receiver that says nothing of it keeps a connection at least: with Apache it is 5 s, with nginx 75 s. */
const KEPT_MS = 4_000;

/** So much earlier than a receiver is a connection given up here, or a request could meet its end on the way. */
const EARLIER_MS = 2_000;

const LONGEST_KEPT_MS = 600_000;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const LINE_END = /\r?\n/;
/** Around a value go spaces and tabs alone: what else is white to JavaScript may be a part of a character in UTF-8. */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*[^ \t])?/;
const FOLDED = /^[ \t]+(.*[^ \t])?/;
const FORBIDDEN = /[\0\r]/;
const LENGTH = /^\d{1,15}$/;

/**
 * Reads the head of a response (RFC 9112, 4 and 5): all of it, up to and with its empty line, one character for each byte.
 *
 * @throws {UnreadableResponseError} of what is none, or leaves open where its body ends
 */
export function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split(LINE_END);
  const [, minor, code] = STATUS_LINE.exec(statusLine) ?? [];
  if (code === undefined) throw new UnreadableResponseError('its first line is no status line');
  const fields = fieldsOf(lines);
  const status = Number(code);
  const framing = framingOf(status, fields);
  return {
    status,
    headers: JSON.stringify(
      Object.fromEntries(
        [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
      ),
    ),
    framing,
    keptMs: framing === 'until_close' ? 0 : keptMsOf(minor === '1', fields),
  };
}

function fieldsOf(lines: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of lines) {
    if (line === '') continue;
    if (FORBIDDEN.test(line)) throw new UnreadableResponseError('a header has a control character');
    const folded = FOLDED.exec(line);
    if (folded !== null) {
      // A value that goes on in the next line (RFC 9112, 5.2).
      if (last === undefined) throw new UnreadableResponseError('its first header has no name');
      last.push(`${last.pop() ?? ''} ${folded[1] ?? ''}`);
      continue;
    }
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name === undefined) throw new UnreadableResponseError('a header has no name');
    const lower = name.toLowerCase();
    last = fields.get(lower) ?? [];
    last.push(value);
    fields.set(lower, last);
  }
  return fields;
}

function framingOf(status: number, fields: Fields): Framing {
  if (status < 200 || status === 204 || status === 304) return 0;
  const codings = elements(fields, 'transfer-encoding');
  if (codings.length > 0) return codings.at(-1) === 'chunked' ? 'chunked' : 'until_close';
  if (!fields.has('content-length')) return 'until_close';
  const [length = '', ...others] = new Set(elements(fields, 'content-length'));
  if (others.length > 0 || !LENGTH.test(length))
    throw new UnreadableResponseError('its Content-Length is none');
  return Number(length);
}

function keptMsOf(isPersistent: boolean, fields: Fields): number {
  const options = elements(fields, 'connection');
  const isKept = isPersistent ? !options.includes('close') : options.includes('keep-alive');
  // With both, somebody on the way may have taken another end for it (RFC 9112, 6.3).
  if (!isKept || (fields.has('transfer-encoding') && fields.has('content-length'))) return 0;
  const [, seconds] = /^timeout=(\d{1,9})$/m.exec(elements(fields, 'keep-alive').join('\n')) ?? [];
  if (seconds === undefined) return KEPT_MS;
  return Math.min(LONGEST_KEPT_MS, Math.max(0, Number(seconds) * 1_000 - EARLIER_MS));
}

/** Of a header that is a list, in lower case, without the empty ones (RFC 9110, 5.6.1). */
function elements(fields: Fields, name: string): readonly string[] {
  const values = fields.get(name);
  return values === undefined
    ? []
    : values
        .join(',')
        .split(',')
        .map((value) => value.trim().toLowerCase())
        .filter((value) => value !== '');
}
