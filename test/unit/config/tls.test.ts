import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { refusal } from './config-file.ts';

const base = fileURLToPath(new URL('../../fixtures/tls/', import.meta.url));
const options = (tls: object) => ({ sources: { ami: { username: 'u', secret: 's', tls } } });

test('files of a subscription’s tls are kept by absolute path', () => {
  const tls = { ca: 'cert.pem', cert: './cert.pem', key: 'key.pem', server_name: 'crm' };
  const subscriptions = [{ url: 'https://x.example/', tls }];
  expect(parseConfig({ subscriptions }, { base }).subscriptions[0]?.tls).toEqual({
    ca: `${base}cert.pem`,
    cert: `${base}cert.pem`,
    key: `${base}key.pem`,
    server_name: 'crm',
  });
});

describe('tls of an AMI source', () => {
  test('gives the text of its PEM files, found from the configuration’s directory', () => {
    const tls = { ca: 'cert.pem', cert: 'cert.pem', key: './key.pem', server_name: 'pbx.lan' };
    const read = (name: string) => readFileSync(`${base}${name}`, 'utf8');
    expect(parseConfig(options(tls), { base }).ami[0]?.tls).toEqual({
      ca: read('cert.pem'),
      cert: read('cert.pem'),
      key: read('key.pem'),
      serverName: 'pbx.lan',
    });
  });

  test.each([
    [{ ca: '../ami/22/01a_register.json' }, 'sources.ami[0].tls.ca', 'a PEM file'],
    [{ ca: '.' }, 'sources.ami[0].tls.ca', 'a readable PEM file'],
    [{ cert: 'key.pem', key: 'key.pem' }, 'sources.ami[0].tls', 'a certificate and its unencrypted key'],
  ])('refuses %o', (tls, path, expected) => {
    const { issues } = refusal(() => parseConfig(options(tls), { base }));
    expect(issues).toEqual([expect.objectContaining({ path, expected })]);
    expect(issues[0]?.message).not.toContain('-----BEGIN');
  });
});
