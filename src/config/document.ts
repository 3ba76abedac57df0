import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { type ConfigIssue, expectedGot } from './error.ts';
import type { KeyPath } from './key-path.ts';

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML file as plain values, with the place of each. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Place of the value at `path`, else of the nearest thing around it. */
  placeOfValue(path: KeyPath): Place;
  /** Place of the key that `path` ends with, else of the nearest thing around it. */
  placeOfKey(path: KeyPath): Place;
}

export interface ReadResult {
  readonly issues: readonly ConfigIssue[];
  /** Absent where the issues leave nothing that could be read. */
  readonly document?: ConfigDocument | undefined;
}

/** Aliases that a file may expand to: a few lines of nested ones would fill the memory. */
const MAX_ALIASES = 100;

/** Reads YAML 1.2 with anchors and merge keys (`<<`). All that is wrong with its syntax comes as issues. */
export function readDocument(text: string): ReadResult {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const issuesAt = (problems: readonly Problem[]): ConfigIssue[] =>
    problems.map(({ offset, expected, got, hint }) => ({
      ...place(offset),
      path: '',
      ...expectedGot(expected, got, hint),
    }));

  const issues = issuesAt(syntaxProblems(text, [...yaml.errors, ...yaml.warnings]));
  // A key that stands there twice leaves all else readable.
  if ([...yaml.errors, ...yaml.warnings].some(({ code }) => code !== 'DUPLICATE_KEY')) return { issues };
  const structure = structureProblems(yaml);
  if (structure.length > 0) return { issues: [...issues, ...issuesAt(structure)] };
  try {
    const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES });
    return {
      issues,
      document: {
        value,
        placeOfValue: (path) => place(findOffset(yaml, path, 'value')),
        placeOfKey: (path) => place(findOffset(yaml, path, 'key')),
      },
    };
  } catch {
    return { issues: issuesAt([{ offset: 0, expected: `at most ${MAX_ALIASES} aliases`, got: 'more' }]) };
  }
}

interface Problem {
  readonly offset: number;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

type SyntaxProblem = Omit<Problem, 'offset'>;

const SYNTAX_PROBLEMS: Partial<Record<ErrorCode, SyntaxProblem>> = {
  DUPLICATE_KEY: { expected: 'each key once', got: 'the same key again', hint: 'remove one of the two' },
  TAB_AS_INDENT: { expected: 'spaces as indentation', got: 'a tab' },
  MULTIPLE_DOCS: { expected: 'one YAML document', got: 'a second one', hint: 'remove what follows "---"' },
  BAD_SCALAR_START: {
    expected: 'a value that YAML can read',
    got: 'one that begins with a reserved character (@, ` or %)',
    hint: 'put it in quotes',
  },
  BAD_DQ_ESCAPE: {
    expected: 'a known escape after \\ in double quotes',
    got: 'another one',
    hint: 'put the value in single quotes, where \\ is only itself',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    expected: 'one "key: value" a line',
    got: 'a second ": " or a deeper indentation',
    hint: 'put a value that contains ": " in quotes, and indent keys of one level alike',
  },
  MULTILINE_IMPLICIT_KEY: { expected: 'a key on one line', got: 'a key over several lines' },
  BAD_INDENT: {
    expected: 'keys of one level indented alike, and each [ or { closed',
    got: 'another indentation',
  },
  MISSING_CHAR: {
    expected: 'a closing quote or bracket, or ":" after a key',
    got: 'none',
    hint: 'the opening one may stand lines above',
  },
  TAG_RESOLVE_FAILED: {
    expected: 'no YAML tag',
    got: 'a value that begins with "!"',
    hint: 'put it in quotes',
  },
  UNEXPECTED_TOKEN: {
    expected: 'the end of the value',
    got: 'something after it',
    hint: 'put the whole value in quotes',
  },
};

/** Errors of one value, after which the parser still knows where it is. */
const LOCAL: ReadonlySet<ErrorCode> = new Set([
  'DUPLICATE_KEY',
  'TAB_AS_INDENT',
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
  'TAG_RESOLVE_FAILED',
]);

/** All errors up to the first that the parser lost its way at: what it says after that is no news. */
function syntaxProblems(text: string, errors: readonly YAMLError[]): readonly Problem[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const lost = sorted.findIndex(({ code }) => !LOCAL.has(code));
  const told = lost === -1 ? sorted : sorted.slice(0, lost + 1);
  return told.map(({ code, pos: [offset] }) => ({ offset, ...syntaxProblem(code, text, offset) }));
}

/** The parser's own messages quote the text they stumble over, and that may be a secret: these do not. */
function syntaxProblem(code: ErrorCode, text: string, offset: number): SyntaxProblem {
  if (text.slice(offset - 1, offset + 2).includes('${')) {
    return { expected: `"\${NAME}" in quotes inside { } and [ ]`, got: 'one without quotes' };
  }
  return (
    SYNTAX_PROBLEMS[code] ?? {
      expected: 'YAML',
      got: `something else (${code.toLowerCase().replaceAll('_', ' ')})`,
    }
  );
}

/** What YAML allows but a configuration has no use for. */
function structureProblems(yaml: Document): Problem[] {
  const problems: Problem[] = [];
  visit(yaml, {
    Pair(_, pair) {
      if (isScalar(pair.key)) return undefined;
      const offset = rangeStart(pair.key) ?? 0;
      problems.push({
        offset,
        expected: 'a key that is a plain word',
        got: 'a list, mapping or alias as key',
      });
      return visit.SKIP;
    },
    Alias(_, alias, ancestors) {
      const target = alias.resolve(yaml);
      const offset = rangeStart(alias) ?? 0;
      if (target === undefined) {
        problems.push({
          offset,
          expected: 'an anchor (&name) before its alias (*name)',
          got: 'a value that begins with "*"',
          hint: 'put it in quotes if it is no alias',
        });
      } else if (ancestors.includes(target)) {
        problems.push({
          offset,
          expected: 'an alias of something else',
          got: 'an alias of what it stands in',
        });
      }
    },
  });
  return problems;
}

/** Offset of what stands at `path`; what came through a merge key or an alias is found where that stands. */
function findOffset(yaml: Document, path: KeyPath, end: 'key' | 'value'): number {
  let node: unknown = yaml.contents;
  let offset = rangeStart(node) ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(yaml);
    const child = isMap(node) ? pairOf(node.items, part) : undefined;
    // Where one thing stands in place of a list, it is the list's first entry.
    if (isMap(node) && part === 0) continue;
    const next: unknown = isSeq(node) && typeof part === 'number' ? node.items[part] : child?.value;
    const wantsKey = depth < path.length - 1 || end === 'key' || isEmpty(next);
    const found = (child !== undefined && wantsKey ? rangeStart(child.key) : undefined) ?? rangeStart(next);
    if (found === undefined) break;
    offset = found;
    node = next;
  }
  return offset;
}

function pairOf(pairs: readonly Pair[], part: PropertyKey): Pair | undefined {
  // Of a key that stands there twice the last one is read.
  return pairs.findLast(({ key }) => isScalar(key) && String(key.value) === String(part));
}

/** `key:` with nothing after it has a node, but not where a person would look. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.source === '';
}

function rangeStart(node: unknown): number | undefined {
  return isNodeWithRange(node) ? node.range[0] : undefined;
}

function isNodeWithRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
