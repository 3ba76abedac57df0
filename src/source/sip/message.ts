/** A SIP message as it stood on the wire; only what observers need of it is read, and nothing in it is trusted. */
export type SipMessage = SipRequest | SipResponse;

interface Common {
  /** Method of a response's CSeq, else the request's own; in capitals. */
  readonly method: string;
  readonly callId: string;
  /** Of a request whose body says nothing about calls: none. */
  readonly body: string;
  readonly headers: Headers;
}

export interface SipRequest extends Common {
  readonly kind: 'request';
  readonly uri: string;
}

export interface SipResponse extends Common {
  readonly kind: 'response';
  readonly status: number;
}

/** Values by header, long names in lower case; a header that was repeated has several. */
type Headers = ReadonlyMap<string, readonly string[]>;

/** RFC 3261 section 7.3.3, RFC 3515, RFC 3892, RFC 6665. */
const COMPACT: Readonly<Record<string, string>> = {
  b: 'referred-by',
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  t: 'to',
  v: 'via',
};

const REQUEST = /^([A-Za-z]+) (\S+) SIP\/2\.0$/;
const RESPONSE = /^SIP\/2\.0 (\d{3})(?: |$)/;

/** Undefined for what is no SIP message. */
export function parseSipMessage(raw: string): SipMessage | undefined {
  const { head, body } = partsOf(raw);
  const [start = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = headersOf(lines);
  const callId = headers.get('call-id')?.[0] ?? '';
  const request = REQUEST.exec(start);
  if (request !== null) {
    const [, method = '', uri = ''] = request;
    return { kind: 'request', method: method.toUpperCase(), uri, callId, headers, body };
  }
  const status = RESPONSE.exec(start)?.[1];
  if (status === undefined) return undefined;
  const method = (/^\d+\s+(\S+)/.exec(headers.get('cseq')?.[0] ?? '')?.[1] ?? '').toUpperCase();
  return { kind: 'response', status: Number(status), method, callId, headers, body };
}

/** NOTIFY tells of a transfer. */
const WITH_BODY = /^(?:SIP\/2\.0|INVITE|UPDATE|REFER|NOTIFY) /i;

function partsOf(raw: string): { readonly head: string; readonly body: string } {
  const end = raw.indexOf('\r\n\r\n');
  if (end === -1) return { head: raw, body: '' };
  const [head, body] = [raw.slice(0, end), raw.slice(end + 4)];
  if (body === '' || WITH_BODY.test(raw)) return { head, body };
  // A part of a string keeps all of it: only a copy lets the body go.
  return { head: structuredClone(head), body: '' };
}

function headersOf(lines: readonly string[]): Headers {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const written = line.slice(0, colon).trim().toLowerCase();
    const name = COMPACT[written] ?? written;
    const value = line.slice(colon + 1).trim();
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

/** A header that stands once. */
export function headerOf({ headers }: SipMessage, name: string): string | undefined {
  return headers.get(name)?.[0];
}

/** A header that is a list, however it was split over lines. */
export function listOf({ headers }: SipMessage, name: string): string[] {
  return (headers.get(name) ?? []).flatMap((value) => splitOutside(value, ','));
}

/** Whether a device says who it is, with a password's proof. */
export function hasCredentials({ headers }: SipMessage): boolean {
  return headers.has('authorization') || headers.has('proxy-authorization');
}

/** Splits at separators that stand neither in quotes nor in angle brackets. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  let isInBrackets = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (isQuoted && char === '\\') index += 1;
    else if (char === '"' && !isInBrackets) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '<') isInBrackets = true;
    else if (char === '>') isInBrackets = false;
    else if (char === separator && !isInBrackets) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts.filter((part) => part !== '');
}
