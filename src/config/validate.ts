import { z } from 'zod';
import { type Environment, expand } from './environment.ts';
import type { ConfigIssue } from './error.ts';
import { explain, type Finding, issueOf } from './explain.ts';
import { type KeyPath, pathKey } from './key-path.ts';
import { showValue } from './shown.ts';

/** An issue that still knows what it is about, so that its place in a file can be found. */
export interface Problem {
  readonly keys: KeyPath;
  /** Whether it is the key that is wrong, or what it holds. */
  readonly at: 'key' | 'value';
  readonly issue: ConfigIssue;
}

export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Fills in the environment, then holds the value against the schema. */
export function validate<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  environment: Environment,
): Validated<z.output<S>> {
  const { value, variablesAt, issues: unset } = expand(raw, environment);
  const knownKeys = (keys: KeyPath) => keysAt(z.toJSONSchema(schema, { io: 'input' }), keys);

  const first = schema.safeParse(value);
  if (first.success && unset.length === 0) return { ok: true, value: first.data };
  const wrong = first.success ? [] : explain(first.error.issues, knownKeys);
  // Text is all that the environment can hold: "8080" is good where a number is wanted.
  const typed = withTypes(value, wrong, variablesAt);
  const second = typed === value ? first : schema.safeParse(typed);
  if (second.success && unset.length === 0) return { ok: true, value: second.data };

  const blank = new Set(unset.map(({ keys }) => pathKey(keys)));
  const left = second.success ? [] : explain(second.error.issues, knownKeys);
  return {
    ok: false,
    problems: [
      ...unset.map(({ keys, ...issue }) => ({ keys, at: 'value' as const, issue })),
      ...left
        .filter(({ keys }) => !blank.has(pathKey(keys)))
        .map((found) => ({
          keys: found.keys,
          at: found.at,
          issue: issueOf(found, showValue(valueAt(typed, found.keys), found.keys, variablesAt)),
        })),
    ],
  };
}

/** The value with texts from the environment made numbers, `true` or `false` where only those will do. */
function withTypes(
  value: unknown,
  wrong: readonly Finding[],
  variablesAt: ReadonlyMap<string, readonly string[]>,
): unknown {
  const types = new Map(
    wrong
      .filter(({ keys, types }) => types.length > 0 && variablesAt.has(pathKey(keys)))
      .map(({ keys, types }) => [pathKey(keys), types]),
  );
  if (types.size === 0) return value;
  const walk = (node: unknown, path: KeyPath): unknown => {
    if (typeof node === 'string') return typedText(node, types.get(pathKey(path)) ?? []);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return walk(value, []);
}

function typedText(text: string, types: readonly string[]): unknown {
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  const isNumber = types.includes('number') || types.includes('int');
  return isNumber && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  let node = value;
  for (const part of path) {
    const entry =
      typeof node === 'object' && node !== null ? Object.getOwnPropertyDescriptor(node, part) : undefined;
    node = entry?.value;
  }
  return node;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The keys that the mapping at `path` may have, of all its shapes. */
function keysAt(schema: JsonSchema, path: KeyPath): readonly string[] {
  const shapes = path.reduce<readonly JsonSchema[]>(
    (level, part) => level.flatMap((one) => childrenOf(one, part)),
    shapesOf(schema),
  );
  return [...new Set(shapes.flatMap((one) => Object.keys(one.properties ?? {})))];
}

function childrenOf(schema: JsonSchema, part: PropertyKey): readonly JsonSchema[] {
  const child = typeof part === 'number' ? schema.items : schema.properties?.[String(part)];
  return typeof child === 'object' && !Array.isArray(child) ? shapesOf(child) : [];
}

function shapesOf(schema: JsonSchema): readonly JsonSchema[] {
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [schema, ...others.filter((one) => typeof one === 'object').flatMap(shapesOf)];
}
