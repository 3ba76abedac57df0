import * as crypto from 'node:crypto';
import { beforeEach, expect, it, vi } from 'vitest';
import { makeApi } from '../../support/api.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const TOKEN = 'the-right-one';
const compare = vi.mocked(crypto.timingSafeEqual);

beforeEach(() => void compare.mockClear());

it.each([
  ['nothing', undefined],
  ['another of the same length', 'the-wrong-one'],
  ['one that differs at its first letter', 'x'.concat(TOKEN.slice(1))],
  ['one that differs at its last letter', TOKEN.slice(0, -1).concat('x')],
  ['one letter', 't'],
  ['far more', TOKEN.repeat(500)],
  ['the token', TOKEN],
])(
  '%s is told from the token by one comparison of 32 bytes, however much of it is right',
  async (_what, given) => {
    const { send } = await makeApi({ token: TOKEN });
    const headers: Record<string, string> = given === undefined ? {} : { authorization: `Bearer ${given}` };
    const response = await send('GET', '/api/webhooks', undefined, headers);
    expect(response.status).toBe(given === TOKEN ? 200 : 401);
    expect(compare).toHaveBeenCalledOnce();
    const [[one, other] = []] = compare.mock.calls;
    expect([one?.byteLength, other?.byteLength]).toEqual([32, 32]);
    // What is compared is no part of the token: knowing how far two digests agree leads nowhere.
    for (const bytes of [one, other]) {
      const digest = Buffer.from(bytes instanceof Uint8Array ? bytes : []);
      expect([given ?? '', TOKEN].map(sha256)).toContain(digest.toString('hex'));
    }
  },
);

function sha256(text: string): string {
  return crypto.createHash('sha256').update(text).digest('hex');
}
