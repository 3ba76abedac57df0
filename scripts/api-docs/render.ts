import type { Operation } from '../../src/api/operations/operation.ts';
import { TAGS } from '../../src/api/operations/operation.ts';
import type { OperationKey } from '../../src/api/operations/operations.ts';
import { PROBLEM_CODES, statusOf } from '../../src/api/problem.ts';
import { fullPath, methodOf, OPERATION_LIST, openApiText, TAG_MEANINGS } from './document.ts';
import { Left, shownJson } from './json.ts';
import { PROBLEM_MEANINGS, tellingProblems } from './problems.ts';
import { SAMPLES } from './samples.ts';
import { keyTable, type Schema, SHAPES, typeOf } from './types.ts';

/** As much of the document as is shown here. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Body {
  readonly required: boolean;
  readonly content: { readonly 'application/json': { readonly schema: Schema } };
}

const document: Document = JSON.parse(openApiText());

/** `docs/api.md`: from the same table as `openapi.json`. */
export function apiDocs(): string {
  const parts = [HEAD, contents(), ...TAGS.map(tagged), shapes(), codes()];
  return `${parts.join('\n\n').trimEnd()}\n`;
}

const HEAD = `# API

Made by \`npm run generate\` from the table of operations (\`src/api/operations\`): do not edit.

Below \`http://localhost:8080/api/webhooks\`, or wherever \`api\` of the configuration says. The same as OpenAPI 3.1, for
generators of clients and for tools: \`openapi.json\` in the package, and at \`/api/webhooks/openapi.json\`.

- **Who is let in.** Without \`api.token\` this machine alone, not through a proxy, and no web page of another origin. With
  it whoever sends \`Authorization: Bearer <token>\`.
- **Bodies** are JSON in UTF-8, at most 256 KiB, with \`Content-Type: application/json\`. A key with a \`?\` may be left out.
- **Refusals** all have one shape: \`{ "error": "one sentence", "code": "snake_case", "details": [{ "path", "message" }] }\`.
  Branch on \`code\`: [all of them](#codes).
- **Lists** are \`{ "items": […], "next_cursor": "…" }\`: ask again with it as \`cursor\` until it is null. A page holds at most
  \`limit\` items, and may hold fewer, even none, while there are more.
- **Times** are UTC, RFC 3339. \`since\` counts in, \`until\` does not.
- **New keys** may be added to answers with any version: pass over those that you do not know.
- **Long work** (replay, retry and delete of many) tells how far it is to whoever sends \`Accept: application/x-ndjson\`:
  \`{"count": n}\` a line, and the usual answer, or a refusal, as the last one.`;

function contents(): string {
  const rows = OPERATION_LIST.map(
    ([key, { summary }]) => `| \`${methodOf(key)} ${fullPath(key)}\` | [${summary}](#${anchor(summary)}) |`,
  );
  return `| call | what it does |\n|---|---|\n${rows.join('\n')}`;
}

function tagged(tag: (typeof TAGS)[number]): string {
  const sections = OPERATION_LIST.filter(([, operation]) => operation.tag === tag).map(section);
  return [`## ${tag}`, TAG_MEANINGS[tag], ...sections].join('\n\n');
}

function section([key, operation]: (typeof OPERATION_LIST)[number]): string {
  const described = document.paths[fullPath(key)]?.[methodOf(key).toLowerCase()];
  const parts = [
    `### ${operation.summary}`,
    `\`${methodOf(key)} ${fullPath(key)}\``,
    operation.description ?? '',
    parameterTable(described?.parameters ?? []),
    bodyTable(described?.requestBody),
    `\`\`\`sh\n${curl(key)}\n\`\`\``,
    answer(key, operation),
    problems(key, operation),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: place, required, description = '', schema }) =>
      `| \`${name}${required ? '' : '?'}\` | ${place} | ${typeOf(schema)} | ${description} |`,
  );
  return rows.length === 0
    ? ''
    : `| parameter | in | type | meaning |\n|---|---|---|---|\n${rows.join('\n')}`;
}

function bodyTable(body: Body | undefined): string {
  if (body === undefined) return '';
  const { schema } = body.content['application/json'];
  const table = keyTable(schema.$ref === undefined ? schema : componentOf(schema.$ref)).trimEnd();
  return table === '' ? '' : `${body.required ? 'Body:' : 'Body, which may be left out:'}\n\n${table}`;
}

function componentOf(reference: string): Schema {
  return document.components.schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {};
}

interface Written {
  readonly path?: object | undefined;
  readonly query?: object | undefined;
  readonly headers?: object | undefined;
  readonly body?: unknown;
}

function curl(key: OperationKey): string {
  const { path = {}, query = {}, headers = {}, body }: Written = SAMPLES[key].request;
  const values = new Map(Object.entries(path));
  const filled = fullPath(key).replace(/\{(\w+)\}/g, (_, name: string) => String(values.get(name)));
  const search = Object.entries(query).map(([name, value]) => `${name}=${inQuery(value)}`);
  const url = `http://localhost:8080${filled}`;
  const options = [
    ...(key === 'GET /stream' ? ['-N'] : []),
    ...(methodOf(key) === 'GET' ? [] : [`-X ${methodOf(key)}`]),
    search.length === 0 ? url : `'${url}?${search.join('&')}'`,
  ];
  const more = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
  if (body !== undefined) more.push("-H 'Content-Type: application/json'", `-d '${shownJson(body, '  ')}'`);
  return [`curl ${options.join(' ')}`, ...more].join(' \\\n  ');
}

function inQuery(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : encodeURIComponent(String(value)).replaceAll('%3A', ':');
}

function answer(key: OperationKey, { answers, media }: Operation): string {
  const [status = ''] = Object.keys(answers);
  const sample = SAMPLES[key].answer;
  const text = typeof sample === 'string' ? sample.trimEnd() : shownJson(abbreviated(sample, 0));
  return `Answers \`${status}\`:\n\n\`\`\`${media === undefined ? 'json' : 'text'}\n${text}\n\`\`\``;
}

/** What is described elsewhere is cut short below the top. */
function abbreviated(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 0 && 'success_count' in value) return new Left('{ … Subscription }');
  if (depth > 0 && 'attempt_count' in value) return new Left('{ … Delivery }');
  if (Array.isArray(value)) return value.map((entry) => abbreviated(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, abbreviated(entry, depth + 1)]),
  );
}

function problems(key: OperationKey, operation: Operation): string {
  const told = tellingProblems(key, operation).map((code) => `\`${code}\` (${statusOf(code)})`);
  return told.length === 0 ? '' : `Refuses with ${told.join(', ')}.`;
}

function shapes(): string {
  const sections = SHAPES.map((name) => {
    return `### ${name}\n\n${keyTable(componentOf(name)).trimEnd()}`;
  });
  return ['## Shapes', 'What answers are made of.', ...sections].join('\n\n');
}

function codes(): string {
  const rows = PROBLEM_CODES.map((code) => `| \`${code}\` | ${statusOf(code)} | ${PROBLEM_MEANINGS[code]} |`);
  return `## Codes\n\n| code | status | meaning |\n|---|---|---|\n${rows.join('\n')}`;
}

/** As GitHub makes one of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
