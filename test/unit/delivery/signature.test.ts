import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signBody, signingKeys, signStandard, webhookIdOf } from '../../../src/delivery/signature.ts';

describe('signatures', () => {
  test("match the vector of Standard Webhooks' specification", () => {
    const keys = signingKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const body = '{"test": 2432232314}';
    expect(signStandard(keys, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', body)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('of the body are keyed with the bytes of the secret as it is written, whsec_ or not', () => {
    for (const secret of ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'geheim-Zoë']) {
      const expected = createHmac('sha256', Buffer.from(secret, 'utf8')).update('{"a":"é"}').digest('hex');
      expect(signBody(signingKeys(secret), '{"a":"é"}')).toBe(`sha256=${expected}`);
    }
  });

  test('are the same over text and over its bytes', () => {
    const keys = signingKeys('geheim');
    const text = '{"name":"Zoë \u{1F4DE}"}';
    expect(signStandard(keys, 'a', '1', Buffer.from(text))).toBe(signStandard(keys, 'a', '1', text));
  });

  test('name an event without dots', () => {
    expect(webhookIdOf('conference.participant_joined-1701964800123-4')).toBe(
      'conference_participant_joined-1701964800123-4',
    );
  });
});
