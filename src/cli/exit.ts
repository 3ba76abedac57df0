import { CommanderError } from 'commander';
import { ConfigError, issueLine } from '../config/error.ts';
import { CodedError, reasonOf } from '../util/error.ts';

/** Exit codes, after sysexits.h where it has one. */
export const EXIT = {
  ok: 0,
  /** What was asked for could not be done; one line says why. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_SOFTWARE: a bug. */
  bug: 70,
  /** EX_CONFIG: the configuration is wrong. */
  config: 78,
} as const;

/** What went wrong as the lines to show and the code to exit with: a stack only where it is a bug. */
export function failureOf(thrown: unknown): { readonly code: number; readonly lines: readonly string[] } {
  if (thrown instanceof ConfigError) return { code: EXIT.config, lines: thrown.issues.map(issueLine) };
  if (thrown instanceof CodedError) return { code: EXIT.failed, lines: [`pbx-webhooks: ${thrown.message}`] };
  // Help, version and wrong usage: commander has said all that there is to say.
  if (thrown instanceof CommanderError) {
    return { code: thrown.exitCode === 0 ? EXIT.ok : EXIT.usage, lines: [] };
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? reasonOf(thrown)) : reasonOf(thrown);
  return { code: EXIT.bug, lines: [`pbx-webhooks: this is a bug, please report it: ${stack}`] };
}
