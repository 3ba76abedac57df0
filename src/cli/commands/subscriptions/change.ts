import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { newSubscriptionSchema, subscriptionPatchSchema } from '../../../api/schemas/subscriptions.ts';
import { maskedUrl } from '../../../util/masked-url.ts';
import { clientOf, type JsonFlags, withAccess } from '../../api/access.ts';
import { confirm } from '../../api/bulk.ts';
import { findSubscription } from '../../api/subscriptions.ts';
import { UsageError } from '../../exit.ts';
import { checked } from '../../input.ts';
import { printDone, printJson } from '../../output.ts';
import { durationOf } from '../../times.ts';
import { type BodyFlags, bodyOf, withBody } from './body.ts';

interface AddFlags extends JsonFlags, BodyFlags {
  readonly generateSecret?: true;
  readonly disabled?: true;
}

export function addCommand(): Command {
  return withAccess(
    withBody(
      new Command('add').description('add a subscription').argument('<url>', 'where events are POSTed'),
    )
      .option('--generate-secret', 'make a secret, and print it this once')
      .option('--disabled', 'keep its events until it is enabled')
      .option('--json', 'print the answer as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks subscriptions add https://crm.example.com/hook --events "call.*" --generate-secret',
      )
      .action(add),
  );
}

async function add(url: string, flags: AddFlags): Promise<void> {
  const given = await bodyOf(flags);
  if (flags.generateSecret && given['secret'] !== undefined) {
    throw new UsageError('usage', '--generate-secret makes a secret: give none beside it');
  }
  const secret = flags.generateSecret ? `whsec_${randomBytes(32).toString('base64')}` : undefined;
  const body = checked(newSubscriptionSchema, {
    ...given,
    url,
    ...(secret !== undefined && { secret }),
    ...(flags.disabled && { enabled: false }),
  });
  const answer = await (await clientOf(flags)).call('POST /', { body });
  if (flags.json) printJson({ ...answer, ...(secret !== undefined && { secret }) });
  else {
    // Whoever takes the secret from standard output gets it alone.
    const say = secret === undefined ? console.log : console.error;
    say(`${answer.message} (${answer.subscription.id})`);
    if (secret !== undefined) console.log(secret);
  }
}

interface UpdateFlags extends JsonFlags, BodyFlags {
  readonly newUrl?: string;
  readonly clear?: readonly string[];
}

export function updateCommand(): Command {
  return withAccess(
    withBody(
      new Command('update')
        .description('change a subscription; what is not named stays')
        .argument('<subscription>', 'id or URL'),
    )
      .option('--new-url <url>', 'where events are POSTed from now on')
      .addOption(
        new Option(
          '--clear <key>',
          'take away: secret, description, filter, template, max_age …; may be repeated',
        ).argParser((key: string, before: readonly string[] = []) => [...before, key]),
      )
      .option('--json', 'print the subscription as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks subscriptions update https://crm.example.com/hook --events "call.*,voicemail.new"',
      )
      .action(update),
  );
}

async function update(name: string, flags: UpdateFlags): Promise<void> {
  const { newUrl, clear = [] } = flags;
  const cleared = Object.fromEntries(clear.map((key) => [key, null]));
  const given = { ...cleared, ...(await bodyOf(flags)), ...(newUrl !== undefined && { url: newUrl }) };
  if (Object.keys(given).length === 0)
    throw new UsageError('usage', 'nothing to change: name what, such as --events');
  const body = checked(subscriptionPatchSchema, given);
  const client = await clientOf(flags);
  const { id } = await findSubscription(client, name);
  const view = await client.call('PATCH /{id}', { path: { id }, body });
  if (flags.json) printJson(view);
  else console.log(`Webhook subscription changed: ${maskedUrl(view.url)}`);
}

interface RemoveFlags extends JsonFlags {
  readonly yes?: true;
}

export function removeCommand(): Command {
  return withAccess(
    new Command('remove')
      .description('delete a subscription, and what waits for it')
      .argument('<subscription>', 'id or URL')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the answer as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks subscriptions remove https://crm.example.com/hook --yes',
      )
      .action(remove),
  );
}

async function remove(name: string, { json, yes, ...access }: RemoveFlags): Promise<void> {
  const client = await clientOf(access);
  const { id, url, backlog } = await findSubscription(client, name);
  const waiting = backlog === 0 ? '' : ` ${backlog} events wait for it and are dropped.`;
  await confirm(`Delete the subscription ${maskedUrl(url)}?${waiting}`, yes);
  const answer = await client.call('DELETE /{id}', { path: { id } });
  if (json) printJson(answer);
  else console.log(answer.warning === undefined ? answer.message : `${answer.message}. ${answer.warning}`);
}

interface EnableFlags extends JsonFlags {
  readonly backlog: 'send' | 'skip';
  readonly yes?: true;
}

export function enableCommand(): Command {
  return withAccess(
    new Command('enable')
      .description('send events to a subscription again')
      .argument('<subscription>', 'id or URL')
      .addOption(
        new Option('--backlog <what>', 'what becomes of the events that were kept meanwhile')
          .choices(['send', 'skip'])
          .default('send'),
      )
      .option('-y, --yes', 'do not ask before events are skipped')
      .option('--json', 'print the answer as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks subscriptions enable https://crm.example.com/hook')
      .action(enable),
  );
}

async function enable(name: string, { backlog, json, yes, ...access }: EnableFlags): Promise<void> {
  const client = await clientOf(access);
  const { id, backlog: waiting } = await findSubscription(client, name);
  if (backlog === 'skip' && waiting > 0) await confirm(`Skip the ${waiting} events that wait for it?`, yes);
  const answer = await client.call('POST /{id}/enable', { path: { id }, body: { backlog } });
  printDone(answer, json);
}

export function disableCommand(): Command {
  return withAccess(
    new Command('disable')
      .description('keep the events of a subscription until it is enabled')
      .argument('<subscription>', 'id or URL')
      .option('--json', 'print the answer as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks subscriptions disable https://crm.example.com/hook')
      .action(disable),
  );
}

async function disable(name: string, { json, ...access }: JsonFlags): Promise<void> {
  const client = await clientOf(access);
  const { id } = await findSubscription(client, name);
  const answer = await client.call('POST /{id}/disable', { path: { id } });
  printDone(answer, json);
}

interface RotateFlags extends JsonFlags {
  readonly overlap?: number;
}

export function rotateSecretCommand(): Command {
  return withAccess(
    new Command('rotate-secret')
      .description('give a subscription a new secret, and print it this once')
      .argument('<subscription>', 'id or URL')
      .addOption(
        new Option(
          '--overlap <time>',
          'for how long the secret before signs as well, such as 24h (default: 24h)',
        ).argParser(durationOf),
      )
      .option('--json', 'print the answer, secret included, as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks subscriptions rotate-secret https://crm.example.com/hook > new-secret',
      )
      .action(rotateSecret),
  );
}

async function rotateSecret(name: string, { overlap, json, ...access }: RotateFlags): Promise<void> {
  const client = await clientOf(access);
  const { id } = await findSubscription(client, name);
  const body = overlap === undefined ? {} : { overlap_seconds: overlap };
  const answer = await client.call('POST /{id}/rotate-secret', { path: { id }, body });
  if (json) printJson(answer);
  else {
    console.error(answer.message);
    console.log(answer.secret);
  }
}
