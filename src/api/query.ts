import type { Context } from 'hono';
import type { z } from 'zod';
import type { ApiEnv } from './env.ts';
import { refusesUnknown } from './operations/operation.ts';
import { Problem } from './problem.ts';
import { validate } from './validate.ts';

/**
 * The query of a request as `schema` has it; throws a {@link Problem}. A literal `+` stands for itself: times have
 * one, and nothing that is asked for here holds a space.
 * Where anything may stand, nothing is read.
 */
export function readQuery<Query>(context: Context<ApiEnv>, schema: z.ZodType<Query>): Query {
  if (!refusesUnknown(schema)) return validate(schema, {});
  const query = new URLSearchParams(new URL(context.req.url).search.replaceAll('+', '%2B'));
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const message = 'is given twice';
    throw new Problem('invalid_request', `${twice.slice(0, 100)} ${message}`, [
      { path: twice.slice(0, 100), message },
    ]);
  }
  return validate(schema, Object.fromEntries(query));
}
