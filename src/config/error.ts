import { CodedError } from '../util/error.ts';

/** One thing that is wrong with a configuration. No part of it ever shows a secret. */
export interface ConfigIssue {
  /** The file as it was named; absent when the configuration came from a program. */
  readonly file?: string | undefined;
  /** 1-based; absent when the file could not be read at all. */
  readonly line?: number | undefined;
  /** 1-based, in characters. */
  readonly column?: number | undefined;
  /** Such as `features.webhooks.subscriptions[0].url`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  /** All of it in one sentence, with what to do. */
  readonly message: string;
}

/** A configuration that cannot be used: lists all that is wrong with it at once. */
export class ConfigError extends CodedError<'config_invalid'> {
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super('config_invalid', issues.map(issueLine).join('\n'), options);
    this.issues = issues;
  }
}

/** One line: `config.yml:12:7: features.webhooks.timeout: expected a number above 0, got -1`. */
export function issueLine(issue: ConfigIssue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined).join(':');
  const where = [place, issue.path].filter((part) => part !== '').map((part) => `${part}: `);
  return `${where.join('')}${issue.message}`;
}

/** `expected a number, got "x" (hint)` */
export function expectedGot(
  expected: string,
  got: string,
  hint?: string,
): Pick<ConfigIssue, 'expected' | 'got' | 'message'> {
  return {
    expected,
    got,
    message: `expected ${expected}, got ${got}${hint === undefined ? '' : ` (${hint})`}`,
  };
}
