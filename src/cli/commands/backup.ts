import { Command } from 'commander';
import { backUp } from '../../store/sqlite/backup.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the database into one file, also while pbx-webhooks runs on it, and check the copy')
    .argument('<database>', 'the file of store.url')
    .argument('<to>', 'file of the copy; an earlier one is replaced')
    .addHelpText('after', '\nExample:\n  pbx-webhooks backup data/webhooks.db /backup/webhooks.db')
    .action(async (database: string, to: string) => {
      await backUp(database, to);
      console.log(`${database} is kept in ${to}`);
    });
}
