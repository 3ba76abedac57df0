import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type ApiConfig, type Config, type WebhooksConfig, webhooksConfigOf } from './config.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { ConfigError, type ConfigIssue, expectedGot } from './error.ts';
import { apiOnlySchema, configSchema, webhooksSchema } from './schema.ts';
import { type Problem, type Validated, validate } from './validate.ts';

/** Far beyond any configuration; a larger file was named by mistake. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Reads, checks and freezes a configuration file. Relative paths in it count from the directory it stands in.
 * Throws a {@link ConfigError} that lists all that is wrong.
 */
export function loadConfig(path: string, environment: Environment = process.env): Config {
  const { document, issues } = readDocument(readText(path));
  const inFile = (more: readonly ConfigIssue[]) =>
    [...issues, ...more].map((issue) => ({ ...issue, file: path }));
  if (document === undefined) throw refused(inFile([]));
  if (document.value === null) throw fileError(path, 'a configuration', 'an empty file');
  const read = configOf(document.value, environment, dirname(resolve(path)));
  if (read.ok && issues.length === 0) return frozen(read.value);
  const problems = read.ok ? [] : read.problems;
  throw refused(inFile(problems.map((problem) => ({ ...problem.issue, ...placeOf(problem, document) }))));
}

/**
 * Where a configuration file has the API, for whoever calls it: the rest of the file, and the variables in it, may be
 * for another user to read. Throws a {@link ConfigError}.
 */
export function loadApiConfig(path: string, environment: Environment = process.env): ApiConfig {
  const { document, issues } = readDocument(readText(path));
  const inFile = (all: readonly ConfigIssue[]) => all.map((issue) => ({ ...issue, file: path }));
  if (document === undefined) throw refused(inFile(issues));
  const api = apiIn.safeParse(document.value).data?.features.webhooks.api;
  const read = validate(apiOnlySchema, { features: { webhooks: { api } } }, environment);
  if (read.ok) return read.value.features.webhooks.api;
  throw refused(
    inFile(read.problems.map((problem) => ({ ...problem.issue, ...placeOf(problem, document) }))),
  );
}

const apiIn = z.object({ features: z.object({ webhooks: z.object({ api: z.unknown() }) }) });

export interface ParseOptions {
  /** Default: that of the process. */
  readonly environment?: Environment | undefined;
  /** What relative paths count from. Default: the current directory. */
  readonly base?: string | undefined;
}

/**
 * Checks and freezes what a host gives as the plugin's options: the keys that stand under `features.webhooks` in a
 * file. Throws a {@link ConfigError}, whose issues have no file and line.
 */
export function parseConfig(options: unknown, { environment, base }: ParseOptions = {}): WebhooksConfig {
  const keys = validated(validate(webhooksSchema, options, environment ?? process.env));
  return frozen(validated(webhooksConfigOf(keys, [], base ?? process.cwd())));
}

function configOf(raw: unknown, environment: Environment, base: string): Validated<Config> {
  const checked = validate(configSchema, raw, environment);
  if (!checked.ok) return checked;
  const { features, logging } = checked.value;
  if (features?.webhooks === undefined) return { ok: true, value: { logging } };
  const webhooks = webhooksConfigOf(features.webhooks, ['features', 'webhooks'], base);
  return webhooks.ok ? { ok: true, value: { webhooks: webhooks.value, logging } } : webhooks;
}

function validated<T>(result: Validated<T>): T {
  if (result.ok) return result.value;
  throw refused(result.problems.map(({ issue }) => issue));
}

function refused(issues: readonly ConfigIssue[]): ConfigError {
  return new ConfigError(issues.toSorted(byPlace));
}

function placeOf({ keys, at }: Problem, document: ConfigDocument): Pick<ConfigIssue, 'line' | 'column'> {
  return at === 'key' ? document.placeOfKey(keys) : document.placeOfValue(keys);
}

function byPlace(a: ConfigIssue, b: ConfigIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).size > MAX_FILE_BYTES) throw fileError(path, 'at most 4 MiB', 'a larger file');
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fileError(path, 'a readable file', unreadable(error), { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fileError(path, 'UTF-8 text', 'other bytes', { cause: error });
  }
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no file of that name';
    case 'EISDIR':
      return 'a directory';
    case 'EACCES':
      return 'one that this user may not read';
    default:
      return String(code ?? error);
  }
}

function fileError(path: string, expected: string, got: string, options?: ErrorOptions): ConfigError {
  return new ConfigError([{ file: path, path: '', ...expectedGot(expected, got) }], options);
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
