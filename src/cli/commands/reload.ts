import { Command } from 'commander';
import { clientOf, type JsonFlags, withAccess } from '../api/access.ts';
import { printDone } from '../output.ts';

export function reloadCommand(): Command {
  return withAccess(
    new Command('reload')
      .description('have the running service read its configuration file again, as SIGHUP does')
      .option('--json', 'print the answer as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks reload')
      .action(reload),
  );
}

async function reload({ json, ...access }: JsonFlags): Promise<void> {
  const answer = await (await clientOf(access)).call('POST /config/reload');
  printDone(answer, json);
  if (!json && answer.restart_needed.length > 0) {
    console.error(`restart it for what else changed: ${answer.restart_needed.join(', ')}`);
  }
}
