import { Command } from 'commander';
import { packageVersion } from '../util/version.ts';

interface Entry {
  readonly group: string;
  /** Its name, then others that it goes by. */
  readonly names: readonly [name: string, ...aliases: string[]];
  readonly load: () => Promise<Command>;
}

const RUN = 'Run it:';
const MANAGE = 'Manage the running service, over its API:';
const TRY = 'Try it:';

/** All commands, in the order of the help. Each is loaded when it is asked for: most need little of the whole. */
const COMMANDS: readonly Entry[] = [
  { group: RUN, names: ['start'], load: async () => (await import('./commands/start.ts')).startCommand() },
  {
    group: RUN,
    names: ['check-config'],
    load: async () => (await import('./commands/check-config.ts')).checkConfigCommand(),
  },
  { group: RUN, names: ['doctor'], load: async () => (await import('./commands/doctor.ts')).doctorCommand() },
  { group: RUN, names: ['backup'], load: async () => (await import('./commands/backup.ts')).backupCommand() },
  {
    group: MANAGE,
    names: ['status', 'stats'],
    load: async () => (await import('./commands/status.ts')).statusCommand(),
  },
  { group: MANAGE, names: ['tail'], load: async () => (await import('./commands/tail.ts')).tailCommand() },
  {
    group: MANAGE,
    names: ['subscriptions'],
    load: async () => (await import('./commands/subscriptions.ts')).subscriptionsCommand(),
  },
  {
    group: MANAGE,
    names: ['deliveries'],
    load: async () => (await import('./commands/deliveries.ts')).deliveriesCommand(),
  },
  {
    group: MANAGE,
    names: ['dead-letters'],
    load: async () => (await import('./commands/dead-letters.ts')).deadLettersCommand(),
  },
  {
    group: MANAGE,
    names: ['events'],
    load: async () => (await import('./commands/events.ts')).eventsCommand(),
  },
  {
    group: MANAGE,
    names: ['reload'],
    load: async () => (await import('./commands/reload.ts')).reloadCommand(),
  },
  { group: TRY, names: ['listen'], load: async () => (await import('./commands/listen.ts')).listenCommand() },
  {
    group: TRY,
    names: ['send-test'],
    load: async () => (await import('./commands/send-test.ts')).sendTestCommand(),
  },
  { group: TRY, names: ['demo'], load: async () => (await import('./commands/demo.ts')).demoCommand() },
];

/**
 * The command that `asked` names, else all of them: for the help, and to say what may have been meant. A usage error
 * throws a CommanderError, once commander has said what is wrong.
 */
export async function createProgram(asked?: string): Promise<Command> {
  const program = new Command('pbx-webhooks')
    .description('Trustworthy webhooks for Asterisk and Node PBX stacks')
    .version(packageVersion());
  for (const { group, load } of wanted(asked)) program.addCommand((await load()).helpGroup(group));
  explainMistakes(program);
  return program;
}

function wanted(asked: string | undefined): readonly Entry[] {
  if (asked === '--version' || asked === '-V') return [];
  const named = COMMANDS.filter(({ names }) => names.some((name) => name === asked));
  return named.length > 0 ? named : COMMANDS;
}

function explainMistakes(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the usage)').showSuggestionAfterError();
  for (const below of command.commands) explainMistakes(below);
}
