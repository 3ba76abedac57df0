import { describe, expect, test } from 'vitest';
import { signBody, signingKeys, signStandard } from '../../src/delivery/signature.ts';
import { sign, type VerificationErrorCode, verify, verifySignature } from '../../src/verify.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"event_id":"call.started-1","data":{"name":"Zoë"}}';
const NOW = 1_765_108_800;

function standard(secret = SECRET, timestamp = NOW): Record<string, string> {
  return {
    'webhook-id': 'call_started-1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signStandard(signingKeys(secret), 'call_started-1', String(timestamp), BODY),
  };
}

function simple(secret = SECRET): Record<string, string> {
  return { 'X-Webhook-Signature': signBody(signingKeys(secret), BODY) };
}

function refused(headers: Parameters<typeof verify>[1], code: VerificationErrorCode, body = BODY): void {
  expect(() => verify(body, headers, SECRET, { now: NOW })).toThrow(expect.objectContaining({ code }));
}

describe('verify', () => {
  test('returns the parsed body of a genuine webhook, with either signature or both', () => {
    for (const headers of [standard(), simple(), { ...standard(), ...simple() }]) {
      expect(verify(BODY, headers, SECRET, { now: NOW })).toEqual(JSON.parse(BODY));
      expect(verify(new TextEncoder().encode(BODY), headers, SECRET, { now: NOW })).toEqual(JSON.parse(BODY));
    }
  });

  test('takes headers as Node, fetch and Express give them', () => {
    expect(verify(BODY, new Headers(standard()), SECRET, { now: NOW })).toBeDefined();
    expect(verify(BODY, new Map(Object.entries(standard())), SECRET, { now: NOW })).toBeDefined();
    const upper = Object.fromEntries(
      Object.entries(standard()).map(([name, v]) => [name.toUpperCase(), [v]]),
    );
    expect(verify(BODY, upper, SECRET, { now: NOW })).toBeDefined();
  });

  test('accepts any of several secrets and any of several signatures, as during a rotation', () => {
    expect(verify(BODY, standard(), [OTHER, SECRET], { now: NOW })).toBeDefined();
    const both = { ...standard() };
    both['webhook-signature'] = `${standard(OTHER)['webhook-signature']} ${both['webhook-signature']}`;
    expect(verify(BODY, both, SECRET, { now: NOW })).toBeDefined();
  });

  test('refuses a changed body and a signature by another secret', () => {
    refused(standard(), 'signature_mismatch', `${BODY} `);
    refused(simple(), 'signature_mismatch', `${BODY} `);
    refused(standard(OTHER), 'signature_mismatch');
    refused(simple(OTHER), 'signature_mismatch');
    refused({ 'X-Webhook-Signature': 'sha256=' }, 'signature_mismatch');
  });

  test('a forged signature of one kind is not saved by a genuine one of the other', () => {
    refused({ ...standard(OTHER), ...simple() }, 'signature_mismatch');
  });

  test('refuses what has no signature, or half of one', () => {
    refused({}, 'signature_missing');
    const { 'webhook-id': _, ...withoutId } = standard();
    refused(withoutId, 'signature_missing');
  });

  test('refuses what is more than five minutes old or ahead, and what has no time', () => {
    expect(verify(BODY, standard(SECRET, NOW - 300), SECRET, { now: NOW })).toBeDefined();
    refused(standard(SECRET, NOW - 301), 'timestamp_too_old');
    refused(standard(SECRET, NOW + 301), 'timestamp_too_new');
    refused({ ...standard(), 'webhook-timestamp': 'soon' }, 'timestamp_invalid');
    expect(
      verify(BODY, standard(SECRET, NOW - 3_000), SECRET, { now: NOW, toleranceSeconds: 3_000 }),
    ).toBeDefined();
  });

  test.each(['', 'whsec_', 'whsec_!!!', [], [''], [SECRET, ''], undefined, null, [undefined], 7])(
    'refuses to verify with the secret %j, which anyone could sign with',
    (secret) => {
      const forged =
        typeof secret === 'string'
          ? { ...standard(secret), ...simple(secret) }
          : { ...standard(), ...simple() };
      for (const headers of [forged, {}]) {
        expect(() => Reflect.apply(verify, undefined, [BODY, headers, secret, { now: NOW }])).toThrow(
          expect.objectContaining({
            name: 'VerificationError',
            code: 'secret_invalid',
            message: expect.stringContaining('Pass the subscription'),
          }),
        );
      }
    },
  );

  test('refuses a signature without a time where one is required', () => {
    const options = { now: NOW, requireTimestamp: true };
    expect(verify(BODY, { ...standard(), ...simple() }, SECRET, options)).toBeDefined();
    expect(() => verify(BODY, simple(), SECRET, options)).toThrow(
      expect.objectContaining({ code: 'timestamp_missing' }),
    );
  });

  test('says so when a genuine body is not JSON; verifySignature leaves it alone', () => {
    const headers = { 'x-webhook-signature': signBody(signingKeys(SECRET), 'hello') };
    refused(headers, 'body_invalid', 'hello');
    expect(verifySignature('hello', headers, SECRET)).toBeUndefined();
    expect(() => verifySignature('hallo', headers, SECRET)).toThrow(
      expect.objectContaining({ code: 'signature_mismatch' }),
    );
  });

  test.each([undefined, null, JSON.parse(BODY), [1]])('says so when the body is not raw but %j', (body) => {
    expect(() => Reflect.apply(verify, undefined, [body, standard(), SECRET, { now: NOW }])).toThrow(
      expect.objectContaining({ code: 'body_not_raw', message: expect.stringContaining('express.raw') }),
    );
  });

  test.each([Number.NaN, -1])('takes no tolerance of %j seconds, which would mean nothing', (seconds) => {
    const options = { now: NOW, toleranceSeconds: seconds };
    expect(() => verify(BODY, standard(), SECRET, options)).toThrow(
      expect.objectContaining({ code: 'tolerance_invalid' }),
    );
  });

  test('makes no more signatures than it has secrets, however many are given', () => {
    const body = Buffer.alloc(4_000_000, ' ');
    const given = Array.from({ length: 4_000 }, () => 'v1,x').join(' ');
    const begun = performance.now();
    expect(() =>
      verify(body, { ...standard(), 'webhook-signature': given }, [OTHER, SECRET], { now: NOW }),
    ).toThrow(expect.objectContaining({ code: 'signature_mismatch' }));
    // One for each of those given would take a quarter of a minute.
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('sign', () => {
  test.each([SECRET, 's3cret', [OTHER, SECRET]])('makes with %j what verify takes', (secret) => {
    const headers = sign(BODY, secret);
    expect(verify(BODY, headers, secret, { requireTimestamp: true })).toEqual(JSON.parse(BODY));
    expect(verify(BODY, { 'x-webhook-signature': headers['X-Webhook-Signature'] }, secret)).toBeDefined();
    expect(verify(BODY, headers, typeof secret === 'string' ? secret : SECRET)).toBeDefined();
  });

  test('makes an old one, and names the message', () => {
    const headers = sign(BODY, SECRET, { id: 'call_started-1', timestamp: NOW - 301 });
    expect(headers['webhook-id']).toBe('call_started-1');
    refused(headers, 'timestamp_too_old');
  });
});
