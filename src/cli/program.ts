import { Command } from 'commander';
import { checkConfigCommand } from './commands/check-config.ts';
import { startCommand } from './commands/start.ts';
import { packageVersion } from './version.ts';

/** All commands. A usage error throws a CommanderError, once commander has said what is wrong. */
export function createProgram(): Command {
  const program = new Command('pbx-webhooks')
    .description('Trustworthy webhooks for Asterisk and Node PBX stacks')
    .version(packageVersion())
    .showHelpAfterError('(add --help for the usage)')
    .showSuggestionAfterError();
  const commands = [startCommand(), checkConfigCommand()];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  throwInsteadOfExit(program);
  return program;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const below of command.commands) throwInsteadOfExit(below);
}
