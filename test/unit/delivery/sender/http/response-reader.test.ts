import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ResponseReader } from '../../../../../src/delivery/sender/http/response-reader.ts';

interface Reading {
  /** Heads that were told, each as status and headers. */
  readonly heads: readonly (readonly [status: number, headers: string])[];
  readonly body: string;
  /** Of each piece whether the response was whole with it. */
  readonly whole: readonly boolean[];
  readonly keptMs: number;
  readonly endsWithConnection: boolean;
}

/** As a socket does, it puts each piece over the one before. */
const memory = Buffer.alloc(64 * 1024);

function read(pieces: readonly Buffer[], reader = new ResponseReader()): Reading {
  const heads: [number, string][] = [];
  const chunks: Buffer[] = [];
  reader.begin({
    onHead: (status, headers) => heads.push([status, headers]),
    onBody: (chunk) => chunks.push(Buffer.from(chunk)),
  });
  const whole = pieces.map((piece) => {
    piece.copy(memory);
    return reader.read(memory.subarray(0, piece.length));
  });
  const { keptMs, endsWithConnection } = reader;
  return { heads, body: Buffer.concat(chunks).toString('latin1'), whole, keptMs, endsWithConnection };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function lines(...all: readonly string[]): string {
  return all.join('\r\n');
}

function cutAt(whole: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...new Set([...places.map((place) => place % whole.length), whole.length])]
    .filter((end) => end > 0)
    .toSorted((a, b) => a - b);
  return ends.map((end, at) => whole.subarray(ends[at - 1] ?? 0, end));
}

interface Good {
  readonly what: string;
  readonly raw: string;
  readonly status: number;
  readonly headers?: string;
  readonly body?: string;
  /** Default: as for a receiver that says nothing of it. */
  readonly keptMs?: number;
}

/** Their end is known by themselves. */
const WHOLE: readonly Good[] = [
  { what: '204', raw: lines('HTTP/1.1 204 No Content', '', ''), status: 204 },
  { what: 'a status without a reason', raw: lines('HTTP/1.1 204', '', ''), status: 204 },
  {
    what: 'a length',
    raw: lines('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'taken'),
    status: 200,
    headers: '{"content-length":"5"}',
    body: 'taken',
  },
  {
    what: 'a length of 0',
    raw: lines('HTTP/1.1 200 OK', 'Content-Length: 0', '', ''),
    status: 200,
    headers: '{"content-length":"0"}',
  },
  {
    what: 'the same length several times',
    raw: lines('HTTP/1.1 200 OK', 'content-length: 2', 'content-length: 2, 2', '', 'ok'),
    status: 200,
    headers: '{"content-length":["2","2, 2"]}',
    body: 'ok',
  },
  {
    what: 'chunks with extensions, upper case and trailers',
    raw: lines(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: gzip, Chunked',
      '',
      '3;a="b"',
      'tak',
      '00B \t;c',
      'en and done',
      '0;d',
      'X-Sum: 1',
      'X-More: 2',
      '',
      '',
    ),
    status: 200,
    headers: '{"transfer-encoding":"gzip, Chunked"}',
    body: 'taken and done',
  },
  {
    what: 'a list with nothing behind its comma',
    raw: lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked,', '', '2', 'ok', '0', '', ''),
    status: 200,
    headers: '{"transfer-encoding":"chunked,"}',
    body: 'ok',
  },
  {
    what: 'an empty list beside a length',
    raw: lines('HTTP/1.1 200 OK', 'transfer-encoding:', 'content-length: 2', '', 'ok'),
    status: 200,
    headers: '{"transfer-encoding":"","content-length":"2"}',
    body: 'ok',
    keptMs: 0,
  },
  {
    what: 'no chunk but the last',
    raw: lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '0', '', ''),
    status: 200,
    headers: '{"transfer-encoding":"chunked"}',
  },
  {
    what: 'both chunks and a length',
    raw: lines('HTTP/1.1 200', 'content-length: 9', 'transfer-encoding: chunked', '', '2', 'ok', '0', '', ''),
    status: 200,
    headers: '{"content-length":"9","transfer-encoding":"chunked"}',
    body: 'ok',
    keptMs: 0,
  },
  {
    what: 'Connection: close',
    raw: lines('HTTP/1.1 200 OK', 'Connection: Close', 'content-length: 2', '', 'ok'),
    status: 200,
    headers: '{"connection":"Close","content-length":"2"}',
    body: 'ok',
    keptMs: 0,
  },
  {
    what: 'HTTP/1.0',
    raw: lines('HTTP/1.0 200 OK', 'content-length: 2', '', 'ok'),
    status: 200,
    headers: '{"content-length":"2"}',
    body: 'ok',
    keptMs: 0,
  },
  {
    what: 'HTTP/1.0 with a connection that is kept',
    raw: lines('HTTP/1.0 200 OK', 'connection: Keep-Alive', 'content-length: 2', '', 'ok'),
    status: 200,
    headers: '{"connection":"Keep-Alive","content-length":"2"}',
    body: 'ok',
  },
  {
    what: 'a time for which its connection is kept',
    raw: lines('HTTP/1.1 204 No Content', 'Keep-Alive: max=5, timeout=75', '', ''),
    status: 204,
    headers: '{"keep-alive":"max=5, timeout=75"}',
    keptMs: 73_000,
  },
  {
    what: 'a time that is too short to use it again',
    raw: lines('HTTP/1.1 204 No Content', 'Keep-Alive: timeout=2', '', ''),
    status: 204,
    headers: '{"keep-alive":"timeout=2"}',
    keptMs: 0,
  },
  {
    what: 'a time of a day',
    raw: lines('HTTP/1.1 204 No Content', 'Keep-Alive: timeout=86400', '', ''),
    status: 204,
    headers: '{"keep-alive":"timeout=86400"}',
    keptMs: 600_000,
  },
  {
    what: 'headers that are repeated or empty',
    raw: lines('HTTP/1.1 204 No Content', 'A:1', 'a: \t2 3\t', 'B:', 'A: \t', '', ''),
    status: 204,
    headers: '{"a":["1","2 3",""],"b":""}',
  },
  {
    what: 'a header that ends with à in UTF-8',
    raw: lines('HTTP/1.1 204 No Content', 'a: voil\xc3\xa0 ', '', ''),
    status: 204,
    headers: '{"a":"voil\xc3\xa0"}',
  },
  {
    what: 'headers that objects have names for',
    raw: lines('HTTP/1.1 204 No Content', '__proto__: {}', 'constructor: x', '', ''),
    status: 204,
    headers: '{"__proto__":"{}","constructor":"x"}',
  },
  {
    what: 'a header that goes on in the next lines',
    raw: lines('HTTP/1.1 204 No Content', 'a: 1', '  2', '\t3 ', 'b: 4', '', ''),
    status: 204,
    headers: '{"a":"1 2 3","b":"4"}',
  },
  {
    what: 'lines without CR',
    raw: 'HTTP/1.1 200 OK\na: b\ntransfer-encoding: chunked\n\n2\nok\n0\nx: y\n\n',
    status: 200,
    headers: '{"a":"b","transfer-encoding":"chunked"}',
    body: 'ok',
  },
  {
    what: 'interim responses before it',
    raw: lines(
      'HTTP/1.1 100 Continue',
      '',
      'HTTP/1.1 102 Processing',
      'Content-Length: 7',
      '',
      'HTTP/1.1 103 Early Hints',
      'Link: </a>',
      'Connection: close',
      '',
      'HTTP/1.1 202 Accepted',
      'Content-Length: 2',
      '',
      'ok',
    ),
    status: 202,
    headers: '{"content-length":"2"}',
    body: 'ok',
  },
  {
    what: '304 with the length of what it leaves out',
    raw: lines('HTTP/1.1 304 Not Modified', 'content-length: 500', '', ''),
    status: 304,
    headers: '{"content-length":"500"}',
  },
  {
    what: '204 that speaks of chunks',
    raw: lines('HTTP/1.1 204 No Content', 'transfer-encoding: chunked', '', ''),
    status: 204,
    headers: '{"transfer-encoding":"chunked"}',
  },
];

/** They end with the connection. */
const UNTIL_CLOSE: readonly Good[] = [
  {
    what: 'neither a length nor chunks',
    raw: lines('HTTP/1.1 200 OK', '', 'all of it'),
    status: 200,
    body: 'all of it',
  },
  { what: 'HTTP/1.0 without a length', raw: 'HTTP/1.0 500 Oh\n\nno\n\n', status: 500, body: 'no\n\n' },
  { what: 'a status of no known class', raw: lines('HTTP/1.1 999 \xe9', '', ''), status: 999 },
  {
    what: 'a coding that is not chunked',
    raw: lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, gzip', 'content-length: 1', '', 'zip'),
    status: 200,
    headers: '{"transfer-encoding":"chunked, gzip","content-length":"1"}',
    body: 'zip',
  },
];

describe('a response with', () => {
  test.each(WHOLE)(
    '$what is whole by itself',
    ({ raw, status, headers = '{}', body = '', keptMs = 4_000 }) => {
      const heads = [[status, headers]];
      expect(read([bytes(raw)])).toEqual({ heads, body, whole: [true], keptMs, endsWithConnection: false });
    },
  );

  test.each(UNTIL_CLOSE)(
    '$what lasts until its connection ends',
    ({ raw, status, headers = '{}', body = '' }) => {
      const heads = [[status, headers]];
      expect(read([bytes(raw)])).toEqual({
        heads,
        body,
        whole: [false],
        keptMs: 0,
        endsWithConnection: true,
      });
    },
  );

  test.each(WHOLE)('$what and something behind it leaves its connection to nobody', (good) => {
    const { keptMs, ...told } = read([bytes(good.raw)]);
    expect(read([bytes(`${good.raw}H`)])).toEqual({ ...told, keptMs: 0 });
  });
});

const head = 'HTTP/1.1 200 OK\r\n';
const chunks = `${head}transfer-encoding: chunked\r\n\r\n`;
const LARGE = 16 * 1024;

test.each([
  ['a line of another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'it does not begin with HTTP/1.'],
  ['what another protocol says before its line ends', '220-mail', 'it does not begin with HTTP/1.'],
  ['an empty line first', `\r\n${head}\r\n`, 'it does not begin with HTTP/1.'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n', 'it does not begin with HTTP/1.'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'its first line is no status line'],
  ['a status of 99', 'HTTP/1.1 099 Odd\r\n\r\n', 'its first line is no status line'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'its first line is no status line'],
  ['no status', 'HTTP/1.1 \r\n\r\n', 'its first line is no status line'],
  ['a change of protocol', 'HTTP/1.1 101 Go\r\n\r\n', 'it changes to a protocol that was not asked for'],
  ['headers without an end', `${head}a: ${'b'.repeat(LARGE)}`, 'its headers are larger than 16384 bytes'],
  ['a header without a colon', `${head}a\r\n\r\n`, 'a header has no name'],
  ['a header without a name', `${head}: a\r\n\r\n`, 'a header has no name'],
  ['a space before the colon', `${head}a : b\r\n\r\n`, 'a header has no name'],
  ['a first header that goes on', `${head} a: b\r\n\r\n`, 'its first header has no name'],
  ['NUL in a header', `${head}a: b\0c\r\n\r\n`, 'a header has a control character'],
  ['CR in a header', `${head}a: b\rc: d\r\n\r\n`, 'a header has a control character'],
  ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 'its Content-Length is none'],
  ['two lengths in one', `${head}content-length: 1, 2\r\n\r\n`, 'its Content-Length is none'],
  [
    'interim responses without an end',
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(101),
    'more than 100 interim ones came before it',
  ],
  ['an empty length', `${head}content-length:\r\n\r\n`, 'its Content-Length is none'],
  ['a negative length', `${head}content-length: -1\r\n\r\n`, 'its Content-Length is none'],
  ['a hexadecimal length', `${head}content-length: 0x1\r\n\r\n`, 'its Content-Length is none'],
  ['an empty length', `${head}content-length:\r\n\r\n`, 'its Content-Length is none'],
  [
    'a length beyond all numbers',
    `${head}content-length: ${'9'.repeat(16)}\r\n\r\n`,
    'its Content-Length is none',
  ],
  ['a chunk without a size', `${chunks}\r\n`, 'a chunk does not say how long it is'],
  ['a chunk with an extension alone', `${chunks};a\r\n`, 'a chunk does not say how long it is'],
  ['a chunk of negative size', `${chunks}-1\r\n`, 'a chunk does not say how long it is'],
  ['a chunk of 0x1', `${chunks}0x1\r\na\r\n`, 'a chunk does not say how long it is'],
  ['a chunk beyond all numbers', `${chunks}${'f'.repeat(13)}\r\n`, 'a chunk does not say how long it is'],
  ['a chunk that is longer than it says', `${chunks}1\r\nab\r\n`, 'a chunk is longer than it says'],
  [
    'a chunk with a line without an end',
    `${chunks}1;${'a'.repeat(4 * 1024)}`,
    "a line of its body's frame is longer than 4096 bytes",
  ],
  [
    'trailers without an end',
    `${chunks}0\r\n${`a: ${'b'.repeat(100)}\r\n`.repeat(LARGE / 100)}`,
    expect.stringMatching(/^a line of its body's frame is longer than \d+ bytes$/),
  ],
])('%s is refused', (_what, raw, message) => {
  const all = bytes(raw);
  expect(() => read([all])).toThrow(expect.objectContaining({ name: 'Error', message }));
  expect(() =>
    read(
      cutAt(
        all,
        Array.from(all, (_byte, at) => at),
      ),
    ),
  ).toThrow(expect.objectContaining({ message }));
});

test('headers of 16 KiB are read', () => {
  const value = 'b'.repeat(LARGE - `${head}a: \r\n\r\n`.length);
  expect(read([bytes(`${head}a: ${value}\r\n\r\n`)]).heads).toEqual([[200, JSON.stringify({ a: value })]]);
});

const anyCut = fc.array(fc.nat(), { maxLength: 20 });

test('however their bytes are cut, several one after the other are what each is by itself', () => {
  const all = [...WHOLE, ...UNTIL_CLOSE];
  // By its place, so that a failing case is shown in one line.
  const anyGood = fc.nat(all.length - 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(anyGood, anyCut), { minLength: 1, maxLength: 6 }), (several) => {
      const reader = new ResponseReader();
      for (const [place, cuts] of several) {
        const raw = bytes(all[place]?.raw ?? '');
        const pieces = cutAt(raw, cuts);
        const { whole, ...told } = read(pieces, reader);
        const { whole: expected, ...atOnce } = read([raw]);
        expect(told).toEqual(atOnce);
        expect(whole).toEqual([...pieces.slice(1).map(() => false), ...expected]);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('beside the client of Node', () => {
  let raw: Buffer;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(raw));
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
  });

  async function readByNode(): Promise<Pick<Reading, 'heads' | 'body'>> {
    const { port } = server.address() as AddressInfo;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ port, host: '127.0.0.1', method: 'POST', agent: false }, resolve).on('error', reject).end();
    });
    const headers = new Map<string, string[]>();
    for (let at = 0; at < response.rawHeaders.length; at += 2) {
      const [name = '', value = ''] = response.rawHeaders.slice(at, at + 2);
      headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
    }
    const text = JSON.stringify(
      Object.fromEntries(
        [...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
      ),
    );
    const body = (await buffer(response)).toString('latin1');
    return { heads: [[response.statusCode ?? 0, text]], body };
  }

  const characters = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at));
  const anyName = fc
    .string({
      unit: fc.constantFrom(...'abcXYZ019', ..."!#$%&'*+-.^_`|~"),
      minLength: 1,
      maxLength: 12,
    })
    // A number would come first in an object, and of this the order would say nothing.
    .map((name) => `x${name}`);
  const anyValue = fc.string({
    unit: fc.constantFrom(...characters(0x20, 0x7e), ...characters(0x80, 0xff), '\t'),
    maxLength: 40,
  });
  const anyResponse = fc
    .record({
      status: fc.integer({ min: 200, max: 599 }),
      reason: fc.constantFrom(' OK', ' ', '', ' Not \xe9 good'),
      headers: fc.array(fc.tuple(anyName, anyValue), { maxLength: 12 }),
      body: fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 4 }),
      framing: fc.constantFrom('length', 'chunked', 'until_close'),
    })
    .map(({ status, reason, headers, body, framing }) => {
      const isBare = status === 204 || status === 304;
      const parts = isBare ? [] : body.map((part) => Buffer.from(part).toString('latin1'));
      const whole = parts.join('');
      const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const start = `HTTP/1.1 ${status}${reason}\r\n${fields}`;
      if (framing === 'length') return `${start}Content-Length: ${whole.length}\r\n\r\n${whole}`;
      if (framing === 'until_close') return `${start}\r\n${whole}`;
      const chunked = [...parts, ''].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
      return `${start}Transfer-Encoding: chunked\r\n\r\n${isBare ? '' : chunked}`;
    });

  test('status, headers and body of any response are the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyResponse, anyCut, async (response, cuts) => {
        raw = bytes(response);
        const { heads, body } = read(cutAt(raw, cuts));
        expect({ heads, body }).toEqual(await readByNode());
      }),
      { numRuns: 200 },
    );
  });
});
