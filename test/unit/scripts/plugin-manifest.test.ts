import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest: Record<string, unknown> = read('plugin.json');
const schema = z.fromJSONSchema(read('plugin.schema.json'));

describe('plugin.json', () => {
  test('is as plugin.schema.json says', () => {
    expect(schema.safeParse(manifest).error).toBeUndefined();
  });

  test.each([
    { apiVersion: 2 },
    { main: 'dist/index.js' },
    { configKey: '' },
    { emits: ['Call Started'] },
    { emit: [] },
  ])('with %j would not be', (change) => {
    expect(schema.safeParse({ ...manifest, ...change }).success).toBe(false);
  });
});
