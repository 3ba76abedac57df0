import type { z } from 'zod';
import { nearNames } from '../util/near.ts';
import { type ConfigIssue, expectedGot } from './error.ts';
import { formatPath, type KeyPath } from './key-path.ts';

type SchemaIssue = z.core.$ZodIssue;

/** What is wrong, where; what stands there instead is added by whoever knows the values. */
export interface Finding {
  readonly keys: KeyPath;
  /** Whether it is the key that is wrong, or what it holds. */
  readonly at: 'key' | 'value';
  readonly expected: string;
  /** Instead of what stands there. */
  readonly got?: string | undefined;
  /** The schema's own sentence. */
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  /** Types that would do. */
  readonly types: readonly string[];
}

/** Answers which keys there are at a path: for hints. */
export type KnownKeys = (keys: KeyPath) => readonly string[];

/** Puts the issues of a schema into words for whoever wrote the file. */
export function explain(issues: readonly SchemaIssue[], knownKeys: KnownKeys): readonly Finding[] {
  return issues.flatMap((issue) => findings(issue, [], knownKeys));
}

function findings(issue: SchemaIssue, base: KeyPath, knownKeys: KnownKeys): readonly Finding[] {
  const keys = [...base, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keys, knownKeys(keys)));
    case 'invalid_union':
      return unionFindings(issue, keys, knownKeys);
    default:
      return [finding(issue, keys)];
  }
}

function finding(issue: SchemaIssue, keys: KeyPath): Finding {
  const found = { keys, at: 'value', types: [], message: ownWords(issue) } as const;
  switch (issue.code) {
    case 'invalid_type': {
      const { expected } = issue;
      if (expected === 'never')
        return { ...found, at: 'key', expected: 'no such key', got: 'a key of later versions' };
      return { ...found, types: [expected], expected: TYPE_WORDS[expected] ?? expected };
    }
    case 'invalid_value':
      return { ...found, expected: issue.values.map(String).join(' or ') };
    case 'too_small':
      return {
        ...found,
        expected: bound(issue.origin, issue.inclusive === false ? 'above' : 'at least', issue.minimum),
      };
    case 'too_big':
      return {
        ...found,
        expected: bound(issue.origin, issue.inclusive === false ? 'below' : 'at most', issue.maximum),
      };
    default:
      return { ...found, expected: issue.message.replace(/^must (be|hold) /, '') };
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping (key: value)',
  record: 'a mapping (key: value)',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `${relation} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `${relation} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `a number ${relation === 'above' || relation === 'below' ? '' : 'of '}${relation} ${limit}`;
}

/** What the schema itself has to say, where it says more than that something is invalid. */
function ownWords(issue: SchemaIssue): string | undefined {
  return /^(Invalid|Too) /.test(issue.message) ? undefined : issue.message;
}

/** Of several shapes (`tls: true`, `tls: { ca }`), the one that was meant is the one whose type fits. */
function unionFindings(
  issue: Extract<SchemaIssue, { code: 'invalid_union' }>,
  keys: KeyPath,
  knownKeys: KnownKeys,
): readonly Finding[] {
  const shapes = issue.errors.map((errors) => errors.flatMap((error) => findings(error, keys, knownKeys)));
  const isOtherType = (shape: readonly Finding[]) =>
    shape.some((one) => one.types.length > 0 && one.keys.length === keys.length);
  const meant = shapes.find((shape) => !isOtherType(shape));
  if (meant !== undefined) return meant;
  const all = shapes.flat();
  const expected = [...new Set(all.map((one) => one.expected))].join(', or ');
  return [{ keys, at: 'value', expected, types: all.flatMap((one) => one.types) }];
}

function unknownKey(key: string, parent: KeyPath, known: readonly string[]): Finding {
  const [near] = nearNames(key, known, 1);
  return {
    keys: [...parent, key],
    at: 'key',
    expected: near === undefined ? `one of the keys ${known.join(', ')}` : 'a known key',
    got: `the unknown key "${key}"`,
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    types: [],
  };
}

/** The issue as it is shown; `got` is what stands there. */
export function issueOf({ keys, expected, message, hint, ...found }: Finding, got: string): ConfigIssue {
  const issue = { path: formatPath(keys), ...expectedGot(expected, found.got ?? got, hint) };
  if (message === undefined) return issue;
  // A sentence that quotes the value already, or is about a key, needs no "got".
  const told = found.got !== undefined || message.includes(got);
  return { ...issue, message: told ? message : `${message}; got ${got}` };
}
