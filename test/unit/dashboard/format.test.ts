import { describe, expect, it } from 'vitest';
import { addressParts, safeLink } from '../../../src/dashboard/format/address.ts';
import { firstLines, jsonTokens, prettyJson } from '../../../src/dashboard/format/json.ts';
import { counted, percent, shortCount } from '../../../src/dashboard/format/number.ts';
import { ago, duration, preciseTime, span } from '../../../src/dashboard/format/time.ts';

describe('numbers', () => {
  it('are 100 % only when all succeeded', () => {
    expect(percent(1)).toBe('100 %');
    expect(percent(0.99999)).toBe('99.9 %');
    expect(percent(0.997)).toBe('99.7 %');
    expect(percent(0)).toBe('0 %');
  });

  it('are short where they are long', () => {
    expect(shortCount(99_999)).toBe('99,999');
    expect(shortCount(1_234_567)).toBe('1.2M');
  });

  it('have their noun', () => {
    expect(counted(1, 'event')).toBe('1 event');
    expect(counted(1_200, 'delivery waits', 'deliveries wait')).toBe('1,200 deliveries wait');
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');

  it.each([
    ['2026-11-29T12:00:00Z', 'just now'],
    ['2026-11-29T11:59:48Z', '12 s ago'],
    ['2026-11-29T11:54:01Z', '5 min ago'],
    ['2026-11-29T12:30:00Z', 'in 30 min'],
    ['2026-11-28T12:00:00Z', '1 day ago'],
  ])('%s is %s', (time, text) => {
    expect(ago(time, now)).toBe(text);
  });

  it.each([
    [0.44, '0.4 ms'],
    [12.4, '12 ms'],
    [1_240, '1.24 s'],
    [999.7, '1.00 s'],
    [59_999, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
  ])('%d ms took %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('have their day where it is another', () => {
    const noon = new Date(2026, 10, 29, 12);
    expect(preciseTime(noon.toISOString(), noon.getTime())).toBe('12:00:00.000');
    expect(preciseTime(noon.toISOString(), noon.getTime() + 86_400_000)).toBe('29 Nov, 12:00:00.000');
  });

  it('are told in the one unit that says most', () => {
    expect(span(59_999)).toBe('59 s');
    expect(span(3 * 86_400_000)).toBe('3 days');
  });
});

describe('a body', () => {
  it('is indented where it is JSON, and left alone where it is not', () => {
    expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyJson('{"a":1')).toBeUndefined();
    expect(prettyJson('<html>')).toBeUndefined();
  });

  it('shows each value as it was sent: long numbers, a key that comes twice', () => {
    expect(prettyJson('{"id":12345678901234567890,"x":1.0,"x":[],"y":[1,{}]}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "x": 1.0,\n  "x": [],\n  "y": [\n    1,\n    {}\n  ]\n}',
    );
    const values = { a: ['{,}', '\\"', ': '], b: { c: null, d: [[]] }, e: -1.5e-7 };
    expect(prettyJson(JSON.stringify(values))).toBe(JSON.stringify(values, undefined, 2));
  });

  it('of nothing but brackets grows to no more than a page can hold', () => {
    const deep = 4_000;
    expect(prettyJson('['.repeat(deep) + ']'.repeat(deep))?.length).toBeLessThan(1_000_000);
  });

  it('is the same text again once it is coloured', () => {
    const json = JSON.stringify({ 'a"b': 'c: "d", <b>', n: -1.5e-7, t: [true, null, ''] }, undefined, 2);
    const tokens = jsonTokens(json);
    expect(tokens.map(({ text }) => text).join('')).toBe(json);
    expect(tokens.filter(({ kind }) => kind === 'key').map(({ text }) => text)).toEqual([
      '"a\\"b"',
      '"n"',
      '"t"',
    ]);
  });

  it('is cut to its first lines', () => {
    expect(firstLines('a\nb\nc', 2)).toEqual({ head: 'a\nb', lines: 3 });
  });
});

describe('an address', () => {
  it('is its host, and beside it the rest', () => {
    expect(addressParts('https://crm.example.com:8443/hook?a=1')).toEqual({
      host: 'crm.example.com:8443',
      rest: '/hook?a=1',
    });
    expect(addressParts('https://crm.example.com/')).toEqual({ host: 'crm.example.com', rest: '' });
  });

  it('is followed by http and https alone', () => {
    expect(safeLink('https://crm.example.com/hook')).toBe('https://crm.example.com/hook');
    expect(safeLink('javascript:alert(1)')).toBeUndefined();
    expect(safeLink('data:text/html,x')).toBeUndefined();
  });
});
