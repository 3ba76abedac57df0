import { gzipSync } from 'node:zlib';
import fc, { type GeneratorValue } from 'fast-check';
import { type Draft, edited, editsOf, isObject, replaced } from './draft.ts';
import { LONG, oddCursor, oddHeader, oddId, oddText, oddValue } from './values.ts';

type Spoiler = (draft: Draft, gen: GeneratorValue) => void;

/** Ways for a request to be wrong, by name. */
export const SPOILERS: Readonly<Record<string, Spoiler>> = {
  'a query value': (draft, gen) => {
    const name = gen(
      fc.constantFrom,
      'limit',
      'cursor',
      'since',
      'until',
      'type',
      'status',
      'subscription',
      'call_id',
      'ids',
      'events',
      'url',
      'x',
    );
    const others = draft.query.filter(([other]) => other !== name);
    draft.query.splice(0, Infinity, ...others, [name, gen(() => oddText)]);
  },
  'a query key twice': (draft) => {
    draft.query.push(...(draft.query[0] === undefined ? [] : [draft.query[0]]));
  },
  'a cursor': (draft, gen) => {
    draft.query.push(['cursor', gen(() => oddCursor)]);
  },
  'a long query value': (draft, gen) => {
    draft.query.push([
      gen(fc.constantFrom, 'cursor', 'url', 'type', 'ids'),
      '1'.repeat(gen(() => LONG) / 20),
    ]);
  },
  'an id': (draft, gen) => {
    const id = gen(() => oddId);
    draft.path = draft.path.replace(/sub_IS_KNOWN|4444444444|event\.IS_KNOWN-1/, () => id);
  },
  'the path': (draft, gen) => {
    draft.path += gen(
      fc.constantFrom,
      '/',
      '//',
      '/..',
      '/%2e%2e/x',
      '/%',
      '/x',
      ';a=b',
      `/${'x'.repeat(3_000)}`,
      '/healthz',
      '/webhooks/',
      '\\',
    );
  },
  'the method': (draft, gen) => {
    draft.method = gen(
      fc.constantFrom,
      'GET',
      'POST',
      'PATCH',
      'DELETE',
      'PUT',
      'HEAD',
      'OPTIONS',
      'QUERY',
      'TRACE',
      'CONNECT',
      'get',
      'X',
    );
  },
  'a header': (draft, gen) => {
    const [name, value] = gen(() => oddHeader);
    draft.headers.push([name, value]);
  },
  'many headers': (draft, gen) => {
    const count = gen(fc.constantFrom, 50, 99, 150, 2_500);
    for (let n = 0; n < count; n += 1) draft.headers.push([`x-${n}`, 'v']);
  },
  'a long header': (draft, gen) => {
    draft.headers.push([
      gen(fc.constantFrom, 'X-Long', 'Idempotency-Key', 'Accept'),
      'v'.repeat(gen(() => LONG)),
    ]);
  },
  'the media type': (draft, gen) => {
    draft.headers.push([
      'Content-Type',
      gen(
        fc.constantFrom,
        'text/plain',
        'application/json; charset=utf-16',
        'application/x-www-form-urlencoded',
        '',
        'application/json;',
        'multipart/form-data; boundary=x',
      ),
    ]);
  },
  'a value': (draft, gen) => {
    draft.body = replaced(
      draft.body,
      gen(fc.nat, { max: 30 }),
      gen(() => oddValue),
    );
  },
  'a key': (draft, gen) => {
    const key = gen(
      fc.constantFrom,
      '__proto__',
      'constructor',
      'toString',
      'id',
      'url ',
      'x'.repeat(1_000),
      '\0',
      '',
    );
    if (isObject(draft.body))
      draft.body = Object.fromEntries([...Object.entries(draft.body), [key, gen(() => oddValue)]]);
  },
  'a missing key': (draft, gen) => {
    if (isObject(draft.body)) {
      const entries = Object.entries(draft.body);
      entries.splice(gen(fc.nat, { max: 10 }), 1);
      draft.body = Object.fromEntries(entries);
    }
  },
  'the whole body': (draft, gen) => {
    draft.body = gen(() => oddValue);
  },
  'no body': (draft) => {
    draft.body = undefined;
  },
  'a body of its own': (draft, gen) => {
    draft.body ??= gen(() => oddValue);
  },
  'deep nesting': (draft, gen) => {
    const depth = gen(fc.constantFrom, 50, 500, 5_000, 100_000);
    const [open, inner, close] = gen(
      fc.constantFrom,
      ['[', '', ']'],
      ['{"a":', '1', '}'],
      ['{"filter":', '{}', '}'],
      ['[', '', ''],
    );
    const nested = open.repeat(depth) + inner + close.repeat(depth);
    const text = JSON.stringify(replaced(draft.body, 1, 'HERE')) ?? '"HERE"';
    draft.bytes = Buffer.from(text.replace('"HERE"', () => nested));
  },
  'a long body': (draft, gen) => {
    const length = gen(() => LONG);
    const long = gen(
      fc.constantFrom,
      'x'.repeat(length),
      new Array(Math.min(length, 50_000)).fill('*'),
      '\\'.repeat(length),
    );
    draft.body = replaced(draft.body, gen(fc.nat, { max: 10 }), long);
  },
  'the text': (draft, gen) => {
    // A URL stays as it is: a name that nobody knows would be asked for outside.
    if (draft.key === 'POST /' || draft.key === 'PATCH /{id}') return;
    const text = Buffer.from(JSON.stringify(draft.body) ?? '');
    draft.bytes = edited(
      text,
      gen(() => editsOf(text.length)),
    );
  },
  'the encoding': (draft, gen) => {
    const text = JSON.stringify(draft.body) ?? '{}';
    const ways = [
      () => Buffer.from(text, 'utf16le'),
      () => Buffer.from(`\ufeff${text}`),
      () => Buffer.from(text.replace(/[a-z]/, '\xe9'), 'latin1'),
      () => gzipSync(text),
      () => Buffer.from(text.slice(0, -1)),
      () => Buffer.from(`${text}${text}`),
      () => Buffer.from(text.replaceAll('"', "'")),
      () => Buffer.alloc(1_000),
    ];
    draft.bytes = gen(fc.constantFrom, ...ways)();
    if (gen(fc.boolean))
      draft.headers.push(['Content-Encoding', gen(fc.constantFrom, 'gzip', 'br', 'identity', 'x')]);
  },
  'the bytes': (draft, gen) => {
    if (draft.key !== 'POST /' && draft.key !== 'PATCH /{id}') draft.edits = gen(() => editsOf(400));
  },
};
