import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/delivery/sender/utf8.ts';

describe('a body as UTF-8', () => {
  it.each([
    ['ASCII', 'abc "1001" '],
    ['two bytes a character', 'Käse für Zoë '],
    ['three bytes', '電話に出る '],
    ['four bytes', 'call 📞 me '],
    ['a half of a character', 'broken \ud83d here '],
  ])('is the same whatever its length: %s', (_, text) => {
    for (const times of [0, 1, 800, 3_000, 40_000]) {
      const long = text.repeat(times);
      const sent = utf8(long);
      expect(sent).toHaveLength(Buffer.byteLength(long));
      expect(Buffer.from(sent.toString('latin1'), 'latin1').equals(Buffer.from(long))).toBe(true);
    }
  });

  it('is not changed by the next one', () => {
    const [a, b] = ['a', 'b'].map((letter) => letter.repeat(20_000));
    const first = utf8(a ?? '');
    utf8(b ?? '');
    expect(first.toString()).toBe(a);
  });
});
