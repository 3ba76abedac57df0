import { readFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { reasonOf } from '../util/error.ts';
import { UsageError } from './exit.ts';

/** What people write on a command line, as values; commander shows what a parser throws. */

/** What the schema of the API makes of it. Throws a UsageError that lists all that is wrong. */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')} ${message}`,
  );
  throw new UsageError('usage', problems.join('\n       '));
}

/** Of a file, or of standard input. */
export async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError('usage', `cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

const anObject = z.record(z.string(), z.unknown());

export function objectOf(text: string, name: string): Readonly<Record<string, unknown>> {
  const parsed = anObject.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new UsageError('usage', `${name === '-' ? 'standard input' : name} is no JSON object`);
}

export function jsonOf(text: string): unknown {
  const value = jsonIn(text);
  if (value === undefined) throw new InvalidArgumentError('It has to be JSON.');
  return value;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function listOf(text: string, before: readonly string[] = []): readonly string[] {
  const items = text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]));
  return [...before, ...items];
}

export function headersOf(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value = ''] = /^([^:\s]+)\s*:\s*(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It has to be "Name: value".');
  return { ...before, [name]: value };
}

export function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It has to be a number.');
  return value;
}
