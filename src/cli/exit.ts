import { CommanderError } from 'commander';
import { ApiProblem, type ApiProblemCode } from '../api/client.ts';
import { ConfigError, issueLine } from '../config/error.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import { oneLine } from '../util/one-line.ts';

/** Exit codes, after sysexits.h where it has one. docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** What was asked for could not be done; one line says why. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_NOINPUT: the subscription, delivery or event that was named is not there. */
  unknown: 66,
  /** EX_UNAVAILABLE: the service does not answer, or can't just now. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug. */
  bug: 70,
  /** EX_NOPERM: the service refuses the token. */
  refused: 77,
  /** EX_CONFIG: the configuration is wrong. */
  config: 78,
  /** 128 + SIGINT: someone pressed Ctrl-C before the work was done. */
  interrupted: 130,
} as const;

/** Someone pressed Ctrl-C; `message` says how far the work is. */
export class Interrupted extends CodedError<'interrupted'> {}

/** The command line asks for what can't be; commander has not seen it. */
export class UsageError extends CodedError<'usage'> {}

/** What was named is not there. */
export class UnknownError extends CodedError<'unknown'> {}

interface Failure {
  readonly code: number;
  readonly lines: readonly string[];
}

/** What went wrong as the lines to show and the code to exit with: a stack only where it is a bug. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof ConfigError) return { code: EXIT.config, lines: thrown.issues.map(issueLine) };
  if (thrown instanceof ApiProblem) return apiFailure(thrown);
  if (thrown instanceof Interrupted)
    return { code: EXIT.interrupted, lines: [`pbx-webhooks: ${thrown.message}`] };
  if (thrown instanceof UsageError) return { code: EXIT.usage, lines: [`error: ${thrown.message}`] };
  if (thrown instanceof UnknownError)
    return { code: EXIT.unknown, lines: [`pbx-webhooks: ${thrown.message}`] };
  if (thrown instanceof CodedError) return { code: EXIT.failed, lines: [`pbx-webhooks: ${thrown.message}`] };
  // Help, version and wrong usage: commander has said all that there is to say.
  if (thrown instanceof CommanderError) {
    return { code: thrown.exitCode === 0 ? EXIT.ok : EXIT.usage, lines: [] };
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? reasonOf(thrown)) : reasonOf(thrown);
  return { code: EXIT.bug, lines: [`pbx-webhooks: this is a bug, please report it: ${stack}`] };
}

const HINTS: Partial<Record<ApiProblemCode, string>> = {
  unreachable: 'Is it started (pbx-webhooks start)? If it runs elsewhere, say where with --url',
  unauthorized: 'Set PBX_WEBHOOKS_TOKEN to api.token, or name a file that holds it with --token-file',
  loopback_only: 'Set api.token in its configuration, and PBX_WEBHOOKS_TOKEN here',
  host_refused: 'Set api.token in its configuration, and PBX_WEBHOOKS_TOKEN here',
  not_found: 'Does the service run an older version?',
  unexpected_answer: 'Does --url lead to the service?',
};

function apiFailure(problem: ApiProblem): Failure {
  const hint = HINTS[problem.code];
  // What answered may be anything.
  const message = oneLine(problem.message);
  const said = hint === undefined ? message : `${message.replace(/[.:]$/, '')}. ${hint}`;
  // What the sentence says already is not said again.
  const more = problem.details
    .filter((detail) => !problem.message.includes(detail.message))
    .map((detail) => oneLine(`  ${detail.path === '' ? '' : `${detail.path}: `}${detail.message}`));
  return { code: exitOf(problem), lines: [`pbx-webhooks: ${said}`, ...more] };
}

function exitOf({ code, status }: ApiProblem): number {
  if (code === 'unreachable' || status === 503) return EXIT.unavailable;
  if (status === 401 || status === 403) return EXIT.refused;
  return code.endsWith('_unknown') ? EXIT.unknown : EXIT.failed;
}
