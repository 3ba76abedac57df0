import type { MiddlewareHandler } from 'hono';
import { MAX_HEADERS, MAX_URL_LENGTH } from '../subscription/rules.ts';
import type { ApiEnv } from './env.ts';
import { Problem } from './problem.ts';

/**
 * At most 100 headers, and 2,048 characters for the path and for each query value: one of them may be a
 * subscription's URL, which percent-encoding makes longer than it is.
 */
export const requestLimits: MiddlewareHandler<ApiEnv> = async (context, next) => {
  const headers = (context.env?.incoming?.rawHeaders.length ?? 0) / 2;
  if (headers > MAX_HEADERS) {
    throw new Problem(
      'too_many_headers',
      `The request has ${headers} headers; at most ${MAX_HEADERS} are allowed`,
    );
  }
  const { pathname, searchParams } = new URL(context.req.url);
  const parts = [pathname, ...searchParams.keys(), ...searchParams.values()];
  if (parts.some((part) => part.length > MAX_URL_LENGTH)) {
    throw new Problem(
      'url_too_long',
      `The URL is too long: at most ${MAX_URL_LENGTH} characters are allowed`,
    );
  }
  await next();
};
