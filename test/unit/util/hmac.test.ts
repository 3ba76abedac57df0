import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HmacKey } from '../../../src/util/hmac.ts';

const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex');

// RFC 4231, 4.2 to 4.4, 4.7 and 4.8.
const vectors = [
  ['0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '4a656665',
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'aa'.repeat(131),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
] as const;

test.each(vectors)('RFC 4231: key %s', (key, text, expected) => {
  expect(new HmacKey(hex(key)).digest('', text, 'hex')).toBe(expected);
  expect(new HmacKey(hex(key)).digest('', Buffer.from(text), 'hex')).toBe(expected);
});

test('any key digests any text, and its bytes, as OpenSSL does', () => {
  const keys = fc.oneof(
    fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 130, unit: 'binary-ascii' }).map((text) => Buffer.from(text)),
  );
  const texts = fc.string({ maxLength: 300, unit: 'binary' });
  fc.assert(
    fc.property(keys, fc.array(texts, { minLength: 2, maxLength: 4 }), (bytes, [prefix = '', ...rest]) => {
      const key = new HmacKey(bytes);
      for (const text of rest) {
        const expected = createHmac('sha256', bytes)
          .update(prefix + text)
          .digest();
        expect(key.digest(prefix, text, 'hex')).toBe(expected.toString('hex'));
        expect(key.digest(prefix, Buffer.from(text), 'base64')).toBe(expected.toString('base64'));
      }
    }),
    { numRuns: 2_000 },
  );
});
