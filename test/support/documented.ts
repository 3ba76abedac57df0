import { expect } from 'vitest';
import { z } from 'zod';
import { OPERATION_LIST } from '../../scripts/api-docs/document.ts';
import { problemsOf } from '../../scripts/api-docs/problems.ts';
import type { Operation } from '../../src/api/operations/operation.ts';
import type { OperationKey } from '../../src/api/operations/operations.ts';
import { apiPath, isDashboard } from '../../src/api/path.ts';
import { type ProblemCode, statusOf } from '../../src/api/problem.ts';
import { problemSchema } from '../../src/api/schemas/common.ts';

/** What no operation has to say for itself: nothing was found that would. */
const OF_NO_OPERATION: ReadonlySet<ProblemCode> = new Set([
  ...(['not_found', 'method_not_allowed', 'malformed_request', 'request_timeout', 'unauthorized'] as const),
  ...(['too_many_headers', 'headers_too_large', 'url_too_long'] as const),
  ...(['loopback_only', 'host_refused', 'proxy_refused', 'origin_refused'] as const),
]);

const PATTERNS = OPERATION_LIST.map(([key, operation]) => {
  const [method = '', path = ''] = key.split(' ');
  const pattern = path.replace(/^\/\{id\}/, '/sub_[^/]+').replace(/\{\w+\}/g, '[^/]+');
  return { method, pattern: new RegExp(`^(?:/api/webhooks)?${pattern.replace(/\/$/, '')}$`), key, operation };
});

/**
 * Fails where an answer is none of those that the operation is documented to give: another status, another code, or a
 * body with anything more or less than its schema has. Gives the response back, unread.
 */
export async function documented(method: string, target: string, response: Response): Promise<Response> {
  const path = apiPath(new Request(new URL(target, 'http://localhost')));
  if (isDashboard(path) || method === 'OPTIONS') return response;
  const asked = method === 'HEAD' ? 'GET' : method;
  const found = PATTERNS.find((one) => one.method === asked && one.pattern.test(path));
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream') || type.startsWith('application/x-ndjson')) {
    // Whoever reads it checks what comes: here it would be read to its end.
    expect(response.ok && (found?.operation.media === type || found?.operation.hasProgress)).toBeTruthy();
    return response;
  }
  const text = method === 'HEAD' ? undefined : await response.clone().text();
  const where = `${method} ${target} ${response.status}`;
  if (response.ok) {
    expect(found, `${where} is in the table`).toBeDefined();
    if (found !== undefined) checkSuccess(where, found.operation, response.status, type, text);
  } else if (text !== undefined) {
    checkRefusal(where, found, response.status, type, text);
  }
  return response;
}

function checkSuccess(
  where: string,
  operation: Operation,
  status: number,
  type: string,
  text: string | undefined,
): void {
  const media: string = operation.media ?? 'application/json';
  const [expected, schema] = Object.entries(operation.answers)[0] ?? [];
  expect(String(status), where).toBe(expected);
  expect(type.startsWith(media), `${where}: ${type}`).toBe(true);
  if (text !== undefined && schema !== undefined) checkBody(where, schema, media, text);
}

/** What a schema does not know it leaves out: whatever is equal held nothing more. */
function checkBody(where: string, schema: z.ZodType, media: string, text: string): void {
  const body: unknown = media === 'application/json' ? JSON.parse(text) : text;
  const result = schema.safeParse(body);
  expect(result.error?.issues, where).toBeUndefined();
  expect(body, where).toEqual(result.data);
}

function checkRefusal(
  where: string,
  found: { readonly key: OperationKey; readonly operation: Operation } | undefined,
  status: number,
  type: string,
  text: string,
): void {
  expect(type.startsWith('application/json'), `${where}: ${type}`).toBe(true);
  checkBody(where, problemSchema, 'application/json', text);
  const { code } = z.object({ code: problemSchema.shape.code }).parse(JSON.parse(text));
  expect(statusOf(code), where).toBe(status);
  const known = found === undefined ? OF_NO_OPERATION : problemsOf(found.key, found.operation);
  expect([...known], where).toContain(code);
}
