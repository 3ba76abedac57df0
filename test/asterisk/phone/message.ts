/** Header lines in their order; a name may come more than once. */
type Headers = readonly (readonly [name: string, value: string])[];

interface SipParts {
  readonly headers: Headers;
  readonly body: string;
}

export interface SipRequest extends SipParts {
  readonly method: string;
  readonly uri: string;
}

export interface SipResponse extends SipParts {
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

export function isRequest(message: SipMessage): message is SipRequest {
  return 'method' in message;
}

/** Reads one datagram (RFC 3261 7); undefined for what is no SIP, such as a keep-alive of blank lines. */
export function parseMessage(datagram: Buffer): SipMessage | undefined {
  const text = datagram.toString('utf8');
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    return undefined;
  }
  const [start = '', ...lines] = text
    .slice(0, headEnd)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
  });
  const body = text.slice(headEnd + 4);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start);
  if (response) {
    return { status: Number(response[1]), reason: response[2] ?? '', headers, body };
  }
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(start);
  return request ? { method: request[1] ?? '', uri: request[2] ?? '', headers, body } : undefined;
}

/** Writes a message, with the Content-Length of its body. */
export function formatMessage(message: SipMessage): string {
  const start = isRequest(message)
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers.map(([name, value]) => `${name}: ${value}`);
  const length = Buffer.byteLength(message.body);
  return [start, ...lines, `Content-Length: ${length}`, '', message.body].join('\r\n');
}

/** All values of a header, in order; names are compared without case. */
export function headerValues(message: SipMessage, name: string): string[] {
  const wanted = name.toLowerCase();
  return message.headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

/** The first value of a header, or an empty string. */
export function header(message: SipMessage, name: string): string {
  return headerValues(message, name)[0] ?? '';
}

/** A parameter of a header value, such as `tag` of a To or `branch` of a Via. */
export function parameter(value: string, name: string): string | undefined {
  return new RegExp(`;\\s*${name}=([^;>\\s]+)`, 'i').exec(value)?.[1];
}

/** The URI of a From, To or Contact. */
export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
}

/** A response to `request`, with the headers that every response repeats (RFC 3261 8.2.6). */
export function responseTo(
  request: SipRequest,
  status: number,
  reason: string,
  { tag, headers = [], body = '' }: { tag?: string; headers?: SipResponse['headers']; body?: string } = {},
): SipResponse {
  const to = header(request, 'To');
  return {
    status,
    reason,
    headers: [
      ...headerValues(request, 'Via').map((via) => ['Via', via] as const),
      ['From', header(request, 'From')],
      ['To', tag === undefined || parameter(to, 'tag') !== undefined ? to : `${to};tag=${tag}`],
      ['Call-ID', header(request, 'Call-ID')],
      ['CSeq', header(request, 'CSeq')],
      ...headers,
    ],
    body,
  };
}
