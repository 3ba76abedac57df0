import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Progress } from '../delivery/recovery.ts';
import { readBody } from './body.ts';
import type { ApiEnv } from './env.ts';
import { type AnswerOf, OPERATIONS, type OperationKey, type Operations } from './operations/operations.ts';
import { inLines, wantsLines } from './progress.ts';
import { readQuery } from './query.ts';
import { validate } from './validate.ts';

type Part = 'path' | 'query' | 'headers' | 'body';

/** What came with a request, as the operation's schemas make it. */
export type InputOf<Key extends OperationKey> = {
  readonly [Name in Part]: z.output<Operations[Key][Name]>;
};

/**
 * Gives what the answer of success is made of, or a whole response; throws a Problem. Of an operation that has progress
 * it tells how far the work is.
 */
type Handler<Key extends OperationKey> = (
  input: InputOf<Key>,
  context: Context<ApiEnv>,
  onProgress: Progress,
) => AnswerOf<Key> | Response | Promise<AnswerOf<Key> | Response>;

type Handlers = { readonly [Key in OperationKey]?: Handler<Key> };

/** Routes for operations of the table: each request is validated by it before its handler sees it. */
export function routes(handlers: Handlers): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  for (const key of Object.keys(handlers).filter(isOperationKey)) {
    mount(app, key, handlers);
  }
  return app;
}

function mount<Key extends OperationKey>(
  app: Hono<ApiEnv>,
  key: Key,
  handlers: { readonly [One in Key]?: Handler<One> },
): void {
  const handle = handlers[key];
  if (handle === undefined) return;
  const [method = '', path = ''] = key.split(' ');
  const status = successStatus(key);
  app.on(method, honoPath(path), async (context) => {
    const input = await inputOf(key, context);
    const work = async (onProgress: Progress) => handle(input, context, onProgress);
    if (hasProgress(key) && wantsLines(context)) return inLines(work, context, status);
    const answer = await work(() => {});
    return answer instanceof Response ? answer : context.json(answer, status);
  });
}

/** The table by what its schemas make. */
const SCHEMAS: {
  readonly [Key in OperationKey]: { readonly [Name in Part]: z.ZodType<InputOf<Key>[Name]> };
} = OPERATIONS;

async function inputOf<Key extends OperationKey>(key: Key, context: Context<ApiEnv>): Promise<InputOf<Key>> {
  const { path, query, headers, body } = SCHEMAS[key];
  return {
    path: validate(path, context.req.param()),
    query: readQuery(context, query),
    headers: validate(headers, context.req.header()),
    body: await readBody(context, body),
  };
}

/** The ids of subscriptions all begin alike, which leaves room beside them for `/events`, `/stats` and the like. */
function honoPath(path: string): string {
  return path.replace(/^\/\{id\}/, '/:id{sub_[^/]+}').replace(/\{(\w+)\}/g, ':$1');
}

function isOperationKey(key: string): key is OperationKey {
  return Object.hasOwn(OPERATIONS, key);
}

function hasProgress(key: OperationKey): boolean {
  return 'hasProgress' in OPERATIONS[key];
}

function successStatus(key: OperationKey): 200 | 201 | 202 {
  const { answers } = OPERATIONS[key];
  return 201 in answers ? 201 : 202 in answers ? 202 : 200;
}
