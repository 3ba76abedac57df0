import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { OPERATION_LIST, openApiDocument } from '../../../scripts/api-docs/document.ts';
import { SAMPLES } from '../../../scripts/api-docs/samples.ts';
import { written } from '../../../src/api/client/request.ts';
import { makeApi } from '../../support/api.ts';

const shipped = new URL('../../../openapi.json', import.meta.url);

describe('openapi.json', async () => {
  const text = await readFile(shipped, 'utf8');

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(text));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('leads nowhere: each reference has its component', () => {
    const { components } = openApiDocument();
    const references = [...text.matchAll(/"\$ref": "#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(50);
    for (const [reference, kind, name] of references) {
      expect(components?.[kind as 'schemas'], reference).toHaveProperty(name ?? '');
    }
  });

  it('is served by the API that it describes', async () => {
    const { send } = await makeApi();
    const response = await send('GET', '/api/webhooks/openapi.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(text);
  });
});

describe.each(OPERATION_LIST)('the sample of %s', (key, { path, query, headers, body, answers }) => {
  const { request, answer } = SAMPLES[key];
  const sent = written(key, request);

  it('asks what the operation takes', () => {
    const url = new URL(sent.path, 'http://localhost');
    expect(query.safeParse(Object.fromEntries(url.searchParams)).error?.issues).toBeUndefined();
    expect(headers.safeParse(Object.fromEntries(sent.init.headers)).error?.issues).toBeUndefined();
    expect(body.safeParse('body' in request ? request.body : undefined).error?.issues).toBeUndefined();
    expect(Object.keys('path' in request ? request.path : {})).toEqual(Object.keys(path.shape));
  });

  it('answers what the operation answers, no more and no less', () => {
    const schemas: z.ZodType[] = Object.values(answers);
    expect(schemas).toHaveLength(1);
    expect(schemas[0]?.parse(answer)).toEqual(answer);
  });
});
