import { describe, expect, test } from 'vitest';
import { durationOf, lengthOf, momentOf, shortTime } from '../../../src/cli/times.ts';

const now = new Date('2025-12-07T12:00:00Z');

describe('a time that a person writes', () => {
  test.each([
    ['90s', '2025-12-07T11:58:30.000Z'],
    ['2h', '2025-12-07T10:00:00.000Z'],
    ['7d', '2025-11-30T12:00:00.000Z'],
    ['2025-12-07T13:00:00+01:00', '2025-12-07T13:00:00+01:00'],
    ['2025-12-07T12:00:00.123456Z', '2025-12-07T12:00:00.123456Z'],
    ['2025-12-06', new Date('2025-12-06T00:00').toISOString()],
    ['2025-12-06 08:30', new Date('2025-12-06T08:30').toISOString()],
  ])('%s', (text, moment) => {
    expect(momentOf(text, now.getTime())).toBe(moment);
  });

  test.each(['soon', '2x', '-2h', '2025-13-40', '12:00', ''])('%j is none', (text) => {
    expect(() => momentOf(text)).toThrow(/It has to be a time/);
  });

  test('or a length of time', () => {
    expect(['0', '90s', '15m', '24h'].map(durationOf)).toEqual([0, 90, 900, 86_400]);
    expect(() => durationOf('24')).toThrow(/length of time/);
  });
});

describe('a time that a person reads', () => {
  test('is short: the hour of today, the day of others', () => {
    expect(shortTime('2025-12-07T12:00:00.5Z', now)).toMatch(/^\d\d:00:00$/);
    expect(shortTime('2025-10-01T12:00:00Z', now)).toMatch(/^2025-10-01 \d\d:00$/);
    expect(shortTime(null, now)).toBe('-');
  });

  test.each([
    [4_600, '5 s'],
    [720_000, '12 min'],
    [3_600_000 * 3.5, '3 h 30 min'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
  ])('%i ms are %s', (ms, text) => {
    expect(lengthOf(ms)).toBe(text);
  });
});
