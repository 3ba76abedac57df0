import { z } from 'zod';
import { nearNames } from '../util/near.ts';
import { Problem, type ProblemDetail } from './problem.ts';

/** More than these say nothing more to a person, and a hostile body could make a hundred thousand. */
const MAX_DETAILS = 50;

/** `value` as `schema` has it; throws a {@link Problem} that lists every rule it breaks. */
export function validate<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value, { error: expectedType });
  if (result.success) {
    return result.data;
  }
  const issues = result.error.issues.slice(0, MAX_DETAILS);
  const known = keysOf(schema);
  const details = issues.flatMap((issue) => detailsOf(issue, known)).slice(0, MAX_DETAILS);
  throw new Problem(
    issues.every(isNotSupportedYet) ? 'not_supported_yet' : 'invalid_request',
    sentence(details),
    details,
  );
}

/** The keys that an object may have; none of anything else. */
function keysOf(schema: z.core.$ZodType): readonly string[] {
  if (schema instanceof z.ZodPrefault) return keysOf(schema.def.innerType);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function sentence([first, ...others]: readonly ProblemDetail[]): string {
  const more = others.length > 0 ? ` (and ${others.length} more, see details)` : '';
  return `${first?.path || 'The body'} ${first?.message}${more}`;
}

/** A key that is documented but not built yet has a schema that takes nothing. */
function isNotSupportedYet(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.expected === 'never';
}

function detailsOf(issue: z.core.$ZodIssue, known: readonly string[]): readonly ProblemDetail[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: pathOf(issue.path), message: issue.message }];
  }
  return issue.keys.slice(0, MAX_DETAILS).map((key) => {
    return { path: pathOf([...issue.path, key]), message: `is not known; ${hintFor(key, known)}` };
  });
}

function hintFor(key: string, known: readonly string[]): string {
  const near = nearNames(key, known);
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`;
  return known.length > 0 ? `known here: ${known.join(', ')}` : 'nothing is asked for here';
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map(String).join('.');
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function expectedType(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') {
    return undefined;
  }
  return issue.input === undefined
    ? 'is missing'
    : `must be ${typeName(issue.expected)}, not ${typeOf(issue.input)}`;
}

function typeOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  return typeName(Array.isArray(value) ? 'array' : typeof value);
}

/** zod calls an object of any keys a record. */
function typeName(type: string): string {
  const name = type === 'record' ? 'object' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
