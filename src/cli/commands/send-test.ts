import { Command, Option } from 'commander';
import { EVENT_TYPES, type EventType, isEventType } from '../../model/event-types.ts';
import { nearNames } from '../../util/near.ts';
import { type AccessFlags, clientOf, withAccess } from '../api/access.ts';
import { findSubscription } from '../api/subscriptions.ts';
import { type DirectTest, sendDirectly, type TestResult } from '../direct-test.ts';
import { EXIT, UsageError } from '../exit.ts';
import { contentOf, headersOf, numberOf } from '../input.ts';
import { printJson } from '../output.ts';
import { shown, styled } from '../terminal.ts';
import { attemptText, requestText } from './deliveries.ts';

interface SendTestFlags extends AccessFlags {
  readonly subscription?: string;
  readonly to?: string;
  readonly type: string;
  readonly secret?: string;
  readonly secretFile?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly allowPrivate?: true;
  readonly timeout: number;
  readonly json?: true;
}

export function sendTestCommand(): Command {
  const command = new Command('send-test')
    .description(
      'send a signed sample to a subscription, or to any URL; show what was sent and what came back',
    )
    .option('--subscription <subscription>', 'through the service, by the settings of this one: id or URL')
    .option('--to <url>', 'to this URL, without the service')
    .addOption(new Option('-t, --type <type>', 'event type of the sample').default('call.started'))
    .addOption(new Option('-s, --secret <secret>', 'with --to: signs it').env('WEBHOOK_SECRET'))
    .option('--secret-file <file>', 'with --to: a file that holds the secret; - for standard input')
    .addOption(
      new Option('-H, --header <header>', 'with --to: sent along, as "Name: value"').argParser(headersOf),
    )
    .option('--allow-private', 'with --to: also to this machine and into private networks')
    .addOption(new Option('--timeout <seconds>', 'with --to').argParser(numberOf).default(10))
    .option('--json', 'print { success, message, event_id, request, attempt } as JSON');
  return withAccess(
    command
      .addHelpText(
        'after',
        '\nEnds with 1 unless the receiver answers with a 2xx.\n\nExamples:\n' +
          '  pbx-webhooks send-test --subscription https://crm.example.com/hook\n' +
          '  pbx-webhooks send-test --to http://127.0.0.1:9000/ --secret s3cret --allow-private',
      )
      .action(sendTest),
  );
}

async function sendTest(flags: SendTestFlags): Promise<void> {
  const type = known(flags.type);
  if ((flags.subscription === undefined) === (flags.to === undefined)) {
    throw new UsageError('usage', 'name either --subscription, or --to with a URL');
  }
  const result =
    flags.to === undefined
      ? await throughService(flags, flags.subscription ?? '', type)
      : await sendDirectly(await directTest(flags, flags.to, type));
  if (flags.json) printJson(result);
  else console.log(textOf(result).join('\n'));
  if (!result.success) process.exitCode = EXIT.failed;
}

async function throughService(access: AccessFlags, name: string, type: EventType): Promise<TestResult> {
  const client = await clientOf(access);
  const { id } = await findSubscription(client, name);
  return client.call('POST /{id}/test', { path: { id }, body: { event_type: type } });
}

async function directTest(flags: SendTestFlags, url: string, type: EventType): Promise<DirectTest> {
  const { secretFile, header = {}, allowPrivate = false, timeout } = flags;
  const secret = secretFile === undefined ? flags.secret : (await contentOf(secretFile)).trim();
  return { url, type, secret, headers: header, allowPrivate, timeoutMs: timeout * 1000 };
}

function known(type: string): EventType {
  if (isEventType(type)) return type;
  const near = nearNames(type, EVENT_TYPES);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'pbx-webhooks events types lists them';
  throw new UsageError('usage', `--type ${JSON.stringify(type)} is no event type; ${hint}`);
}

function textOf({ success, message, request, attempt }: TestResult): string[] {
  return [
    styled('bold', 'request'),
    ...requestText(request),
    ...attemptText(attempt),
    styled(success ? 'green' : 'red', shown(message)),
    ...(attempt.error_code === 'refused_address'
      ? ['With --to, --allow-private lets this one test go there.']
      : []),
  ];
}
