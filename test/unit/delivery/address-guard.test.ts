import { describe, expect, test } from 'vitest';
import { parseException } from '../../../src/delivery/address-exception.ts';
import { AddressGuard, endpointOf } from '../../../src/delivery/address-guard.ts';
import { INNER_HOSTS, PUBLIC_ADDRESSES } from '../../support/inner-hosts.ts';

const endpoint = (url: string) => endpointOf(new URL(url));

describe('without exceptions', () => {
  const guard = new AddressGuard([]);

  test.each(INNER_HOSTS)('http://%s/ is refused', (host) => {
    expect(guard.refusalOfHost(endpoint(`http://${host}/`))).toMatch(/features\.webhooks\.network\.allow$/);
  });

  test.each(PUBLIC_ADDRESSES)('%s is not refused', (address) => {
    const host = address.includes(':') ? `[${address}]` : address;
    expect(guard.refusalOfHost(endpoint(`https://${host}/`))).toBeUndefined();
    expect(guard.refusal(endpoint('https://crm.example/'), [address])).toBeUndefined();
  });

  test('the refusal names address, reason and the setting to add', () => {
    expect(guard.refusalOfHost(endpoint('http://[fd00::1]/'))).toBe(
      '[fd00::1] is a private address; to send there, add "[fd00::1]:80" to features.webhooks.network.allow',
    );
    expect(guard.refusal(endpoint('https://crm.lan:8443/'), ['10.0.0.5'])).toBe(
      'crm.lan (10.0.0.5) is a private address; to send there, add "crm.lan:8443" to features.webhooks.network.allow',
    );
    expect(guard.refusalOfHost(endpoint('http://169.254.169.254/'))).toContain('metadata');
  });

  test.each(INNER_HOSTS)('the entry that the refusal of %s names lets it through', (host) => {
    const inner = endpoint(`http://${host}:8080/`);
    const entry = /"(.*)"/.exec(guard.refusalOfHost(inner) ?? '')?.[1] ?? '';
    expect(parseException(entry)).toMatchObject({ ok: true });
    expect(new AddressGuard([entry]).refusalOfHost(inner)).toBeUndefined();
  });

  test('one inner address among public ones refuses a name', () => {
    const name = endpoint('https://mixed.example/');
    expect(guard.choose(name, ['1.1.1.1', '::ffff:10.0.0.1'])).toMatchObject({ ok: false });
    expect(guard.choose(name, ['1.1.1.1', '2606:4700::1'])).toMatchObject({ ok: true });
    expect(guard.refusal(name, ['what'])).toContain('not an address');
  });
});

describe('with exceptions', () => {
  const refused = (allow: string, url: string, ...addresses: string[]) =>
    new AddressGuard([allow]).refusal(endpoint(url), addresses) !== undefined;

  test.each([
    ['10.0.0.0/8', 'http://10.1.2.3:9/', '10.1.2.3'],
    ['10.0.0.0/8', 'http://crm.lan/', '10.1.2.3'],
    ['127.0.0.0/8', 'http://[::ffff:7f00:1]/', '::ffff:7f00:1'],
    ['[::ffff:7f00:1]:80', 'http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['::ffff:10.0.0.0/104', 'http://10.1.2.3/', '10.1.2.3'],
    ['192.168.1.2', 'http://192.168.1.2/', '192.168.1.2'],
    ['192.168.1.2:8080', 'http://192.168.1.2:8080/', '192.168.1.2'],
    ['fd00::/8', 'http://[fd00::1]/', 'fd00::1'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443/', 'fd00::1'],
    ['::1', 'http://[::1]/', '::1'],
    ['crm.lan', 'http://crm.lan:9999/', '10.0.0.1'],
    ['CRM.lan.', 'http://crm.lan/', '10.0.0.1'],
    ['crm.lan', 'http://crm.lan./', '10.0.0.1'],
    ['crm.lan:8443', 'https://crm.lan:8443/', '10.0.0.1'],
    ['crm.lan:443', 'https://crm.lan/', '10.0.0.1'],
    ['*.lan', 'http://a.b.lan/', '10.0.0.1'],
    ['bücher.lan', 'http://xn--bcher-kva.lan/', '10.0.0.1'],
    ['localhost', 'http://localhost:3000/', '127.0.0.1'],
  ])('%s allows %s', (allow, url, address) => {
    expect(refused(allow, url, address)).toBe(false);
  });

  test.each([
    ['10.0.0.0/8', 'http://11.lan/', '192.168.0.1'],
    ['10.0.0.0/8', 'http://crm.lan/', '10.0.0.1', '127.0.0.1'],
    ['10.0.0.0/8', 'http://[64:ff9b::a00:1]/', '64:ff9b::a00:1'],
    ['192.168.1.2:8080', 'http://192.168.1.2/', '192.168.1.2'],
    ['crm.lan:8443', 'https://crm.lan/', '10.0.0.1'],
    ['crm.lan', 'http://evil-crm.lan/', '10.0.0.1'],
    ['crm.lan', 'http://sub.crm.lan/', '10.0.0.1'],
    ['crm.lan', 'http://crm.lan.evil.example/', '10.0.0.1'],
    ['*.lan', 'http://lan/', '10.0.0.1'],
    ['*.lan', 'http://xlan/', '10.0.0.1'],
    ['127.0.0.1', 'http://127.0.0.2/', '127.0.0.2'],
  ])('%s does not allow %s', (allow, url, ...addresses) => {
    expect(refused(allow, url, ...addresses)).toBe(true);
  });

  test('of localhost those addresses are taken that are allowed', () => {
    const guard = new AddressGuard(['127.0.0.0/8']);
    const local = endpoint('http://localhost:3000/');
    expect(guard.refusalOfHost(local)).toBeUndefined();
    expect(guard.choose(local, ['127.0.0.1', '::1'])).toEqual({ ok: true, addresses: ['127.0.0.1'] });
  });

  test('nothing of what the config file itself names is refused', () => {
    expect(new AddressGuard('any').refusalOfHost(endpoint('http://169.254.169.254/'))).toBeUndefined();
  });

  test.each([
    '',
    ' ',
    '*',
    '*.',
    '10.0.0.0/33',
    '10.0.0/8',
    '10/8',
    '10.0.0.0/',
    'fd00::/129',
    'crm.lan:0',
    'crm.lan:65536',
    'crm.lan:',
    'crm.lan:port',
    'http://crm.lan',
    'crm.lan/path',
    'user@crm.lan',
    '127.1',
    '0x7f000001',
    'a b',
    '*.*.lan',
    'crm*.lan',
    '[::1',
    '[crm.lan]',
  ])('%j is no exception', (text) => {
    expect(parseException(text).ok).toBe(false);
  });
});
