import { describe, expect, it } from 'vitest';
import {
  dialledNumber,
  localNumber,
  looksOutside,
  sameNumber,
  sentNumber,
  shownNumber,
} from '../../../src/telephony/numbers.ts';

describe('numbers', () => {
  it.each([
    ['4915112345@trunk1', '4915112345'],
    ['trunk1/4915112345', '4915112345'],
    ['trunk1/sip:+4915112345@10.0.0.1:5060', '+4915112345'],
    ['user:secret@host/4915112345@context', '4915112345'],
    ['g1/4915112345', '4915112345'],
    ['1002', '1002'],
    ['', undefined],
  ])('a dial string %s sends %s', (dialString, number) => {
    expect(sentNumber(dialString)).toBe(number);
  });

  it('places of a dial plan are no number', () => {
    expect(['s', 'h', 'i', 't', 'fax'].map(dialledNumber)).toEqual(Array(5).fill(undefined));
    expect(dialledNumber('*45')).toBe('*45');
  });

  it('a withheld number is not shown', () => {
    expect(shownNumber('Anonymous')).toBeUndefined();
    expect(shownNumber('+4930123456')).toBe('+4930123456');
  });

  it('only long numbers look outside', () => {
    expect(['004915112345', '+112', '5550100'].map(looksOutside)).toEqual([true, true, true]);
    expect(['1002', '*45', '9000', '112', '**1003'].some(looksOutside)).toBe(false);
  });

  it('a number is the same with a prefix stripped or added', () => {
    expect(sameNumber('004915112345', '4915112345')).toBe(true);
    expect(sameNumber('9911', '911')).toBe(true);
    expect(sameNumber('030123456', '4930123456')).toBe(false);
    expect(sameNumber('30123456', '+4930123456')).toBe(true);
    expect(sameNumber('1002', '4915551002')).toBe(false);
  });

  it('a queue member behind a Local channel is known by its number', () => {
    expect(localNumber('Local/1003@agents/n')).toBe('1003');
    expect(localNumber('PJSIP/1003')).toBeUndefined();
  });
});
