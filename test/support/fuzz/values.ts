import fc from 'fast-check';

export const LONG = fc.constantFrom(300, 3_000, 20_000, 300_000);

/** Values that are nearly right, or right in another place. */
export const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.double(),
  fc.bigInt().map(Number),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom<unknown>(
    '*',
    'call.*',
    'call.started',
    '',
    ' ',
    '\0',
    '\r\n',
    '../',
    '%',
    'whsec_',
    'sub_',
    null,
    [],
    {},
  ),
  fc.constantFrom<unknown>(
    -1,
    0,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER + 1,
    '9999-12-31T23:59:59.9999999Z',
    '\ud800',
  ),
  fc.constantFrom<unknown>(
    '$',
    '$sum(',
    '(function($f){$f($f)})',
    '$map([1..100000], $)',
    'data.*.*',
    '^(a+)+$',
    '🙂',
  ),
);

export const oddText = fc.oneof(
  oddValue.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  fc.string({ unit: 'binary', maxLength: 100 }),
);

/** Cursors of other lists, of nobody, of far beyond. */
export const oddCursor = fc.oneof(
  fc.constantFrom('ZDU', 'ZTU', 'ZDA', 'ZA', 'd1', '=', 'ZDk5OTk5OTk5OTk5OTk5OTk5', 'ZC0x', '%00', 'ZDU='),
  fc
    .tuple(fc.constantFrom('d', 'e', 'x', ''), fc.bigInt())
    .map(([kind, at]) => Buffer.from(`${kind}${at}`).toString('base64url')),
  fc.base64String({ maxLength: 120 }),
);

export const oddId = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1e9',
    '1.5',
    '%00',
    '%ff',
    '%',
    '..',
    '..%2f..',
    '%2e%2e',
    'sub_',
    'sub_%00',
    'null',
    '__proto__',
    ' ',
    '+',
  ),
  fc.constantFrom(
    '9'.repeat(15),
    '9'.repeat(16),
    '9'.repeat(400),
    'x'.repeat(2_100),
    `sub_${'é'.repeat(30)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

export const oddHeader = fc.constantFrom<readonly [string, string]>(
  ['Accept', 'application/x-ndjson'],
  ['Accept', 'text/html, */*;q=0.1'],
  ['Accept-Encoding', 'gzip;q=abc'],
  ['Authorization', 'Bearer wrong'],
  ['Authorization', 'Basic \xff\xfe'],
  ['Content-Length', '5'],
  ['Content-Length', '-1'],
  ['Cookie', 'a=b; \xe9'],
  ['Connection', 'keep-alive, upgrade'],
  ['Expect', '100-continue'],
  ['Expect', 'something-else'],
  ['Host', 'rebound.example'],
  ['Host', ''],
  ['Host', 'localhost:99999'],
  ['Host', '[::1'],
  ['Idempotency-Key', ''],
  ['Idempotency-Key', 'a b'],
  ['Idempotency-Key', 'k'.repeat(300)],
  ['If-None-Match', '*'],
  ['Last-Event-ID', 'ZTU'],
  ['Last-Event-ID', '\xff'],
  ['Last-Event-ID', 'x'.repeat(500)],
  ['Origin', 'https://evil.example'],
  ['Origin', 'null'],
  ['Range', 'bytes=0-1'],
  ['Sec-Fetch-Site', 'cross-site'],
  ['TE', 'trailers'],
  ['Transfer-Encoding', 'gzip, chunked'],
  ['Transfer-Encoding', 'chunked'],
  ['Upgrade', 'websocket'],
  ['X-Forwarded-For', '198.51.100.7'],
  ['X-HTTP-Method-Override', 'DELETE'],
);
