import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import type { Environment } from '../../../src/config/environment.ts';
import { ConfigError } from '../../../src/config/error.ts';
import { loadConfig } from '../../../src/config/load.ts';

/** A directory of its own for one test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pbx-webhooks-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function configFile(text: string | Buffer): string {
  const file = join(temporaryDirectory(), 'config.yml');
  writeFileSync(file, text);
  return file;
}

export function load(text: string | Buffer, environment: Environment = {}): Config {
  return loadConfig(configFile(text), environment);
}

/** The error's lines, without the file's directory. */
export function errorsOf(text: string | Buffer, environment: Environment = {}): string[] {
  return refusal(() => load(text, environment))
    .message.replaceAll(/\S*\/config\.yml:?/g, '')
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

export function refusal(use: () => unknown): ConfigError {
  try {
    use();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError, got none');
}

/** A file with `lines` under `features.webhooks`. */
export function webhooks(...lines: readonly string[]): string {
  return ['features:', '  webhooks:', ...lines.map((line) => `    ${line}`), ''].join('\n');
}
