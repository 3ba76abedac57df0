import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';

/** `npm run generate` makes it from the table of operations; it is part of the package. */
const OPENAPI = new URL('../../../openapi.json', import.meta.url);

export function descriptionRoutes(): Hono<ApiEnv> {
  return routes({
    'GET /openapi.json': async (_input, context) =>
      context.body(await readFile(OPENAPI, 'utf8'), 200, { 'Content-Type': 'application/json' }),
  });
}
