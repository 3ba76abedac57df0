import { Command } from 'commander';
import { packageVersion } from '../util/version.ts';
import { backupCommand } from './commands/backup.ts';
import { checkConfigCommand } from './commands/check-config.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { listenCommand } from './commands/listen.ts';
import { replayAmiCommand } from './commands/replay-ami.ts';
import { startCommand } from './commands/start.ts';

/** All commands. A usage error throws a CommanderError, once commander has said what is wrong. */
export function createProgram(): Command {
  const program = new Command('pbx-webhooks')
    .description('Trustworthy webhooks for Asterisk and Node PBX stacks')
    .version(packageVersion())
    .addCommand(startCommand())
    .addCommand(checkConfigCommand())
    .addCommand(doctorCommand())
    .addCommand(listenCommand())
    .addCommand(backupCommand())
    .addCommand(eventsCommand())
    .addCommand(demoCommand());
  explainMistakes(program);
  return program;
}

function eventsCommand(): Command {
  return new Command('events').description('work with events').addCommand(replayAmiCommand());
}

function explainMistakes(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the usage)').showSuggestionAfterError();
  for (const below of command.commands) explainMistakes(below);
}
