import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { generatedFiles } from '../../../scripts/generated.ts';
import { loadConfig } from '../../../src/config/load.ts';

const example = new URL('../../../config.example.yml', import.meta.url);

describe('generated files', async () => {
  test.each([...(await generatedFiles())])('$url is up to date (npm run generate)', async ({ url, text }) => {
    const written = await readFile(url, 'utf8');
    if (url.pathname.endsWith('.json')) expect(JSON.parse(written)).toEqual(JSON.parse(text));
    else expect(written).toBe(text);
  });
});

const SIP_SECRETS = { DRACHTIO_SECRET: 'e', REGISTRAR_PASSWORD: 'f' };

describe('config.example.yml', () => {
  const environment = {
    CRM_SECRET: 'a',
    CRM_TOKEN: 'b',
    AMI_SECRET: 'c',
    PBX_WEBHOOKS_TOKEN: 'd',
    ...SIP_SECRETS,
  };

  test('loads', () => {
    expect(loadConfig(fileURLToPath(example), environment).webhooks?.enabled).toBe(true);
  });

  test('shows every key that the schema knows', async () => {
    const text = await readFile(example, 'utf8');
    const schema: unknown = JSON.parse(await readFile(new URL('config.schema.json', example), 'utf8'));
    const missing = keysOf(schema).filter((key) => !new RegExp(`\\b${key}:`).test(text));
    expect(keysOf(schema)).toContain('max_retries');
    expect(missing).toEqual([]);
  });
});

test('deploy/config.yml, which compose.yml runs, loads', () => {
  const file = fileURLToPath(new URL('../../../deploy/config.yml', import.meta.url));
  const environment = { AMI_SECRET: 'a', WEBHOOK_SECRET: 'b', PBX_WEBHOOKS_TOKEN: 'c' };
  expect(loadConfig(file, environment).webhooks?.ami[0]?.host).toBe('asterisk');
});

function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const own =
    'properties' in schema && typeof schema.properties === 'object'
      ? Object.keys(schema.properties ?? {})
      : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}
