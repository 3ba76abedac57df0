import { expect, test } from 'vitest';
import { maskedUrl } from '../../../src/util/masked-url.ts';

test.each([
  ['https://a.example/hook', 'https://a.example/hook'],
  ['https://a.example/hook?token=abc', 'https://a.example/hook?token=***'],
  ['https://a.example/?a=1&b=2=3&c=', 'https://a.example/?a=***&b=***&c=***'],
  ['https://a.example/?s3cret', 'https://a.example/?***'],
])('%s is logged as %s', (url, shown) => {
  expect(maskedUrl(url)).toBe(shown);
});
