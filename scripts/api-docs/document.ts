import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  createDocument,
  createSchema,
  type ZodOpenApiMediaTypeObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import type { Operation, TAGS } from '../../src/api/operations/operation.ts';
import { OPERATIONS, type OperationKey } from '../../src/api/operations/operations.ts';
import { API_PREFIX, PROBES } from '../../src/api/path.ts';
import { type ProblemCode, statusOf } from '../../src/api/problem.ts';
import { problemSchema } from '../../src/api/schemas/common.ts';
import { streamEventSchemas } from '../../src/api/schemas/live.ts';
import { PROBLEM_MEANINGS, problemsOf, takesBody } from './problems.ts';
import { SAMPLES } from './samples.ts';

export type OpenApi = ReturnType<typeof createDocument>;

export const TAG_MEANINGS: Readonly<Record<(typeof TAGS)[number], string>> = {
  Subscriptions: 'Where events go, and which.',
  Deliveries: 'One event to one subscription each, with every attempt that was made.',
  'Dead letters': 'Deliveries that gave up; kept until someone retries or deletes them.',
  Events: 'What happened, as it was accepted; what may be published, and what there can be.',
  Operation: 'How it goes right now.',
};

const DESCRIPTION = `Manages webhooks of a PBX.

Without a configured token it answers this machine only; with one, whoever sends \`Authorization: Bearer <token>\`.
Whatever is refused has one shape, with a \`code\` to branch on. Lists come in pages: ask again with \`next_cursor\` as
\`cursor\` until that is null. Times are UTC, RFC 3339. Keys may be added to answers with any version: pass over those
that you do not know.`;

/** Every operation by its key. */
export const OPERATION_LIST: readonly (readonly [OperationKey, Operation])[] = Object.entries(OPERATIONS).map(
  ([key, operation]) => {
    if (!isOperationKey(key)) throw new TypeError(`no operation is called ${key}`);
    return [key, operation];
  },
);

function isOperationKey(key: string): key is OperationKey {
  return key in OPERATIONS;
}

/** The API as OpenAPI 3.1 has it. */
export function openApiDocument(): OpenApi {
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'pbx-webhooks',
        version: packageVersion(),
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [
        { url: 'http://127.0.0.1:8080', description: 'Where it listens unless `api` says otherwise.' },
      ],
      security: [{ token: [] }, {}],
      tags: Object.entries(TAG_MEANINGS).map(([name, description]) => ({ name, description })),
      paths: paths(),
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: '`features.webhooks.api.token`, where it is set.',
          },
        },
      },
    },
    { override: plainer },
  );
  // No operation answers with what the stream tells as it is: each is the text of a message's data.
  const streamed = createSchema(z.object(streamEventSchemas), { io: 'output', opts: { override: plainer } });
  const schemas = { ...document.components?.schemas, ...streamed.components };
  return { ...document, components: { ...document.components, schemas } };
}

/** `openapi.json` */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), null, 2)}\n`;
}

/** Where an operation is reached, such as `/api/webhooks/{id}`. */
export function fullPath(key: OperationKey): string {
  const path = key.slice(key.indexOf(' ') + 1);
  if (path === '/metrics' || PROBES.some((probe) => probe === path)) return path;
  return path === '/' ? API_PREFIX : API_PREFIX + path;
}

export function methodOf(key: OperationKey): string {
  return key.slice(0, key.indexOf(' '));
}

function paths(): ZodOpenApiPathsObject {
  const all: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [key, operation] of OPERATION_LIST) {
    all[fullPath(key)] = {
      ...all[fullPath(key)],
      [methodOf(key).toLowerCase()]: operationObject(key, operation),
    };
  }
  return all;
}

function operationObject(key: OperationKey, operation: Operation): ZodOpenApiOperationObject {
  const { name, tag, summary, description, path, query, headers } = operation;
  const isProbe = PROBES.some((probe) => probe === fullPath(key));
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(isProbe && { security: [] }),
    parameters: [
      ...parameters('path', path, key),
      ...parameters('query', query, key),
      ...parameters('header', headers, key),
    ],
    ...(takesBody(operation) && { requestBody: requestBody(key, operation) }),
    responses: { ...success(key, operation), ...refusals(key, operation) },
  };
}

/** The fields of one part of a request, each with the value that it has in the operation's sample. */
function parameters(place: 'path' | 'query' | 'header', { shape }: z.ZodObject, key: OperationKey) {
  return Object.entries(shape).map(([name, field]) => {
    const { schema } = createSchema(field, { io: 'input', opts: { override: plainer } });
    if (typeof schema !== 'object' || '$ref' in schema)
      throw new TypeError(`${name} has a schema of its own`);
    const { description, ...rest } = schema;
    const example = sampleOf(key, place === 'header' ? 'headers' : place, name);
    return {
      name,
      in: place,
      required: !z.safeParse(field, undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
      // Lists stand in a query as 1,2,3.
      ...(rest.type === 'array' && { style: 'form' as const, explode: false }),
      ...(example !== undefined && { example }),
    };
  });
}

function sampleOf(key: OperationKey, part: string, name: string): unknown {
  const fields: unknown = new Map<string, unknown>(Object.entries(SAMPLES[key].request)).get(part);
  return typeof fields === 'object' && fields !== null
    ? new Map(Object.entries(fields)).get(name)
    : undefined;
}

function requestBody(key: OperationKey, { body }: Operation) {
  const { request } = SAMPLES[key];
  const example = 'body' in request ? request.body : undefined;
  return {
    required: !body.isOptional(),
    content: {
      'application/json': {
        schema: body instanceof z.ZodPrefault ? body.def.innerType : body,
        ...(example !== undefined && { example }),
      },
    },
  };
}

function success(key: OperationKey, operation: Operation): Record<`2${string}`, ZodOpenApiResponseObject> {
  const { answers, media = 'application/json', hasProgress } = operation;
  const example = SAMPLES[key].answer;
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => {
      const content: Record<string, ZodOpenApiMediaTypeObject> = { [media]: { schema, example } };
      if (hasProgress) content['application/x-ndjson'] = progress(example);
      return [status, { description: 'Done.', content }];
    }),
  );
}

function progress(answer: unknown): ZodOpenApiMediaTypeObject {
  return {
    schema: {
      type: 'string',
      description:
        'With `Accept: application/x-ndjson`: `{"count": n}` a line while the work goes on; the last line is the answer, or a Problem.',
    },
    example: `{"count":100}\n${JSON.stringify(answer)}\n`,
  };
}

const shared = new Map<string, ZodOpenApiResponseObject>();

function refusals(key: OperationKey, operation: Operation): Record<`4${string}`, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy(problemsOf(key, operation), statusOf);
  const entries = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(entries.map(([status, codes]) => [status, refusal(status, codes)]));
}

/** One object for all operations that refuse alike, so that the document has it once. */
function refusal(status: number, codes: readonly ProblemCode[]): ZodOpenApiResponseObject {
  const description = codes.map((code) => `- \`${code}\`: ${PROBLEM_MEANINGS[code]}`).join('\n');
  const known = shared.get(description);
  if (known !== undefined) return known;
  const [code = 'internal_error'] = codes;
  const example = { error: PROBLEM_MEANINGS[code], code, details: [] };
  const response = {
    description,
    content: { 'application/json': { schema: problemSchema, example } },
    ...(codes.every(isOfAny) && { id: `Refused${status}` }),
  };
  shared.set(description, response);
  return response;
}

/** Whether nearly every operation may be refused so. */
function isOfAny(code: ProblemCode): boolean {
  return code !== 'not_ready' && [401, 403, 408, 500, 503].includes(statusOf(code));
}

/** Without what says nothing to a reader, and open to keys that a later version may add to an answer. */
const plainer: ZodOpenApiOverride = ({ jsonSchema, zodSchema, io }) => {
  // A number or a list in a query is a text to whoever validates it.
  if (jsonSchema.format === 'date-time' || jsonSchema.type !== 'string') delete jsonSchema.pattern;
  if (jsonSchema.additionalProperties !== undefined) delete jsonSchema.propertyNames;
  const isLoose = zodSchema._zod.def.type === 'object' && jsonSchema.additionalProperties === false;
  if (io === 'output' && isLoose) delete jsonSchema.additionalProperties;
};

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
