import { type ConfigIssue, expectedGot } from './error.ts';
import { formatPath, type KeyPath, pathKey } from './key-path.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration with its `${NAME}` filled in. */
export interface Expanded {
  readonly value: unknown;
  /** The variables that went into the text at a path (see `pathKey`): what they hold is never shown. */
  readonly variablesAt: ReadonlyMap<string, readonly string[]>;
  readonly issues: readonly (ConfigIssue & { readonly keys: KeyPath })[];
}

/**
 * `$${` is a literal `${`; a reference runs to the next `}`; one without an end runs to the end of the text, and
 * is refused.
 */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}|$)/g;
const WELL_FORMED = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Fills `${NAME}` and `${NAME:-default}` into every text of a configuration; keys are left as they are. As in a
 * shell, an empty variable counts as unset for `:-`; without a default it is an empty text. What a variable holds
 * is taken as it is: nothing in it is read as YAML or as another reference.
 */
export function expand(value: unknown, environment: Environment): Expanded {
  const variablesAt = new Map<string, readonly string[]>();
  const issues: (ConfigIssue & { readonly keys: KeyPath })[] = [];

  const refuse = (keys: KeyPath, problem: Problem): string => {
    issues.push({ keys, path: formatPath(keys), ...problem });
    return '';
  };

  const expandText = (text: string, path: KeyPath): string => {
    const used: string[] = [];
    const filled = text.replace(REFERENCE, (_, inner: string | undefined, close: string | undefined) => {
      if (inner === undefined) return '${';
      const [, name, fallback] = (close === '}' && WELL_FORMED.exec(inner)) || [];
      if (name === undefined || fallback?.includes('${')) return refuse(path, MALFORMED);
      used.push(name);
      const held = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (fallback !== undefined) return held === undefined || held === '' ? fallback : held;
      return held ?? refuse(path, unset(name));
    });
    if (used.length > 0) variablesAt.set(pathKey(path), used);
    return filled;
  };

  const walk = (node: unknown, path: KeyPath): unknown => {
    if (typeof node === 'string') return expandText(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (!isPlainObject(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };

  return { value: walk(value, []), variablesAt, issues };
}

type Problem = ReturnType<typeof expectedGot>;

function unset(name: string): Problem {
  return expectedGot(
    `the environment variable ${name}`,
    'none of that name',
    `set ${name}, or write \${${name}:-default}`,
  );
}

/** Tells nothing of the text: it may be a secret that happens to contain "${". */
const MALFORMED: Problem = expectedGot(
  `\${NAME} or \${NAME:-default}`,
  'something else after "${"',
  'write $${ for a literal ${',
);

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
