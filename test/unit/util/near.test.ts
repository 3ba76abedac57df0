import { describe, expect, test } from 'vitest';
import { nearNames } from '../../../src/util/near.ts';

const names = ['call.started', 'call.answered', 'call.ended', 'voicemail.new', 'call.transfer'];

describe('nearNames', () => {
  test('finds a name with a typing error in it', () => {
    expect(nearNames('call.strated', names)).toEqual(['call.started']);
    expect(nearNames('Call.Ended', names)[0]).toBe('call.ended');
  });

  test('finds a name that the word only lengthens', () => {
    expect(nearNames('call.transferred', names)[0]).toBe('call.transfer');
  });

  test('finds nothing for a word that is like none', () => {
    expect(nearNames('weather', names)).toEqual([]);
    expect(nearNames('x'.repeat(10_000), names)).toEqual([]);
  });
});
