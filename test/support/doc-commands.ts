import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { DOC_FILES, fencesOf } from './docs.ts';

export interface DocCommand {
  readonly file: string;
  /** As it stands there, over several lines where it has them. */
  readonly text: string;
}

/** Commands that another test runs. */
export interface RunElsewhere {
  readonly file: string;
  /** What they begin with. */
  readonly begin: string;
  /** The test's file, and its title or a part of it. */
  readonly by: readonly [file: string, title: string];
}

/** The commands of the documentation, of which each wants to be run by a test. */
export class DocCommands {
  readonly #left: DocCommand[];

  /** @param except files whose commands have a test of their own. */
  constructor(except: readonly string[] = []) {
    this.#left = DOC_FILES.filter((file) => !except.includes(file)).flatMap(commandsOf);
  }

  /** Nobody has taken these. */
  get left(): readonly string[] {
    return this.#left.map(({ file, text }) => `${file}: ${text}`);
  }

  /** The first command of a file that begins so and was not taken yet: whoever takes it runs it. */
  take(file: string, begin: string): string {
    const at = this.#left.findIndex((command) => command.file === file && command.text.startsWith(begin));
    const [taken] = at < 0 ? [] : this.#left.splice(at, 1);
    if (taken === undefined) throw new Error(`${file} has no command that begins with ${begin}`);
    return taken.text;
  }
}

/** A test with that title stands in that file. */
export function isThere([file, title]: RunElsewhere['by']): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(title);
}

/** A command that stands within the text, such as `npm test`. */
export function inlineCommand(file: string, command: string): string {
  if (!readFileSync(file, 'utf8').includes(`\`${command}\``))
    throw new Error(`${file} does not name ${command}`);
  return command;
}

export function commandsOf(file: string): readonly DocCommand[] {
  return fencesOf(file)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => splitCommands(text).map((command) => ({ file, text: command })));
}

/** A command ends with its line, unless that goes on: by a \, a pipe or an operator, in quotes, or within `case`. */
export function splitCommands(script: string): readonly string[] {
  const commands: string[] = [];
  let lines: string[] = [];
  for (const line of script.split('\n')) {
    const code = line.replace(/(^|\s+)#.*$/, '');
    if (lines.length === 0 && code.trim() === '') continue;
    lines.push(lines.length === 0 ? code.trimEnd() : line);
    if (goesOn(lines.join('\n'))) continue;
    commands.push(lines.join('\n'));
    lines = [];
  }
  if (lines.length > 0) throw new Error(`a command has no end: ${lines.join('\n')}`);
  return commands;
}

function goesOn(text: string): boolean {
  const unquoted = text.replaceAll(/'[^']*'/g, '').replaceAll(/"(?:\\.|[^"\\])*"/g, '');
  const opened =
    (unquoted.match(/^\s*case\b/gm) ?? []).length - (unquoted.match(/^\s*esac\b/gm) ?? []).length;
  return /['"]/.test(unquoted) || opened > 0 || /(\\|\||&&)\s*$/.test(unquoted);
}

export interface ShellOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What stands in the command for what it is here: ports, folders. */
  readonly instead?: Readonly<Record<string, string | number>>;
}

/** Runs a command as a user's shell would; rejects when it fails. Resolves with what it printed. */
export async function sh(command: string, { cwd, env, instead = {} }: ShellOptions): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-euc', filledIn(command, instead)], {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: MAX_PRINTED,
  });
  return stdout;
}

/** Bytes. */
export const MAX_PRINTED = 64 * 1024 ** 2;

/** A command with what it is here for what stands in it. */
export function filledIn(command: string, instead: NonNullable<ShellOptions['instead']>): string {
  let text = command;
  for (const [from, to] of Object.entries(instead)) {
    if (!text.includes(from)) throw new Error(`there is no ${from} in ${command}`);
    text = text.replaceAll(from, String(to));
  }
  return text;
}
