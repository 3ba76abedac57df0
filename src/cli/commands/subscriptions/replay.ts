import { Command, Option } from 'commander';
import { clientOf, type JsonFlags, withAccess } from '../../api/access.ts';
import { runBulk } from '../../api/bulk.ts';
import { mustBeInOrder } from '../../api/listing.ts';
import { findSubscription } from '../../api/subscriptions.ts';
import { listOf } from '../../input.ts';
import { printDone } from '../../output.ts';
import { momentOf, TIME_FORMS } from '../../times.ts';

interface ReplayFlags extends JsonFlags {
  readonly since: string;
  readonly until?: string;
  readonly types?: readonly string[];
  readonly status?: 'delivered' | 'dead' | 'expired';
}

export function replayCommand(): Command {
  return withAccess(
    new Command('replay')
      .description('send kept events to a subscription again, in order and under their ids')
      .argument('<subscription>', 'id or URL')
      .addOption(
        new Option('--since <time>', `from then on: ${TIME_FORMS}`)
          .argParser((text) => momentOf(text))
          .makeOptionMandatory(),
      )
      .addOption(
        new Option('--until <time>', 'before then (default: now)').argParser((text) => momentOf(text)),
      )
      .addOption(
        new Option('--types <patterns>', 'only these, such as call.ended,voicemail.*').argParser(listOf),
      )
      .addOption(
        new Option('--status <status>', 'only events with a delivery to it that ended so').choices([
          'delivered',
          'dead',
          'expired',
        ]),
      )
      .option('--json', 'print the answer as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks subscriptions replay https://crm.example.com/hook --since 2h',
      )
      .action(replay),
  );
}

async function replay(
  name: string,
  { since, until, types, status, json, ...access }: ReplayFlags,
): Promise<void> {
  mustBeInOrder({ since, ...(until !== undefined && { until }) });
  const client = await clientOf(access);
  const { id } = await findSubscription(client, name);
  const body = {
    since,
    ...(until !== undefined && { until }),
    ...(types !== undefined && { types: [...types] }),
    ...(status !== undefined && { status }),
  };
  const answer = await runBulk(client, 'POST /{id}/replay', { path: { id }, body }, 'sent again');
  printDone(answer, json);
}
