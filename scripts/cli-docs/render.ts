import type { Command } from 'commander';
import { EXIT } from '../../src/cli/exit.ts';
import { createProgram } from '../../src/cli/program.ts';
import { GUIDE } from './guide.ts';
import { EXIT_MEANINGS, FINDING_MEANINGS } from './meanings.ts';

/** docs/cli.md: a guide, the tables, and each command in the words of its own `--help`. */
export async function cliDocs(): Promise<string> {
  const program = await createProgram();
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup());
  const reference = [...groups].flatMap(([group, commands]) => [
    `## ${group.replace(/:$/, '')}`,
    ...commands.flatMap((command) => parts(command, '###')),
  ]);
  return `${[GUIDE, exitCodes(), ...reference, findings()].join('\n\n')}\n`;
}

const HELP_WIDTH = 110;

function parts(command: Command, heading: string): string[] {
  if (command.commands.length === 0) {
    return [`${heading} ${fullName(command)}`, `\`\`\`text\n${helpOf(command)}\n\`\`\``];
  }
  const description = command.description();
  return [
    `${heading} ${command.name()}`,
    `${description.slice(0, 1).toUpperCase()}${description.slice(1)}.`,
    ...command.commands.flatMap((each) => parts(each, `${heading}#`)),
  ];
}

function fullName(command: Command): string {
  const above = command.parent;
  return above === null || above.parent === null ? command.name() : `${fullName(above)} ${command.name()}`;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => HELP_WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}

function exitCodes(): string {
  const rows = [
    ...Object.entries(EXIT_MEANINGS).map(([name, meaning]) => [codeOf(name), meaning] as const),
    [65, '`events replay-ami`: what was given is no recorded AMI stream'] as const,
  ].toSorted(([a], [b]) => a - b);
  return `## Exit codes\n\n| code | it means |\n|---|---|\n${rows.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')}`;
}

function codeOf(name: string): number {
  const code = Object.entries(EXIT).find(([each]) => each === name)?.[1];
  if (code === undefined) throw new Error(`no exit code is called ${name}`);
  return code;
}

function findings(): string {
  const rows = Object.entries(FINDING_MEANINGS).flatMap(([code, meaning]) =>
    meaning === null ? [] : [`| \`${code}\` | ${meaning} |`],
  );
  return `## What doctor finds

\`doctor --json\` prints \`{ ok, counts, sections: [{ title, findings: [{ verdict, code, saw, fix }] }] }\`. \`verdict\` is \`ok\`,
\`warning\`, \`failed\` or \`skipped\`; only \`failed\` makes it end with 1. \`saw\` and \`fix\` are the sentences that people read. Codes
never change; more may come.

| code | it means |
|---|---|
${rows.join('\n')}`;
}
