import { Command } from 'commander';
import {
  addCommand,
  disableCommand,
  enableCommand,
  removeCommand,
  rotateSecretCommand,
  updateCommand,
} from './subscriptions/change.ts';
import { replayCommand } from './subscriptions/replay.ts';
import { listCommand, showCommand } from './subscriptions/show.ts';

export function subscriptionsCommand(): Command {
  return new Command('subscriptions')
    .description('where events go: list, add, change, replay')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(addCommand())
    .addCommand(updateCommand())
    .addCommand(removeCommand())
    .addCommand(enableCommand())
    .addCommand(disableCommand())
    .addCommand(rotateSecretCommand())
    .addCommand(replayCommand());
}
