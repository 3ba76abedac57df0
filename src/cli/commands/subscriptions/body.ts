import { type Command, Option } from 'commander';
import { UsageError } from '../../exit.ts';
import { contentOf, headersOf, jsonOf, listOf, numberOf, objectOf } from '../../input.ts';

/** What a subscription is to be, as the command line says. */
export interface BodyFlags {
  readonly events?: readonly string[];
  readonly secret?: string;
  readonly secretFile?: string;
  readonly description?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly filter?: unknown;
  readonly template?: string;
  readonly transform?: string;
  readonly format?: string;
  readonly timeout?: number;
  readonly maxAge?: number;
  readonly from?: string;
}

export function withBody(command: Command): Command {
  return command
    .addOption(new Option('-e, --events <patterns>', 'such as call.*,voicemail.new').argParser(listOf))
    .option('-s, --secret <secret>', 'signs each event; a file hides it from ps')
    .option('--secret-file <file>', 'a file that holds the secret; - for standard input')
    .option('--description <text>', 'a note for people')
    .addOption(
      new Option('-H, --header <header>', 'sent along, as "Name: value"; may be repeated').argParser(
        headersOf,
      ),
    )
    .addOption(new Option('--filter <json>', 'such as \'{"extensions":["10*"]}\'').argParser(jsonOf))
    .option('--template <name>', 'slack, teams, discord, hubspot, zapier, pagerduty, ntfy, generic-crm')
    .option('--transform <jsonata>', 'makes another body')
    .option('--format <format>', 'pbx or cloudevents')
    .addOption(new Option('--timeout <seconds>', 'for one attempt').argParser(numberOf))
    .addOption(new Option('--max-age <seconds>', 'an older event is not sent any more').argParser(numberOf))
    .option('--from <file>', 'a JSON object with these and all other keys; - for standard input');
}

/** The keys of the API; flags win over what `--from` says. */
export async function bodyOf(flags: BodyFlags): Promise<Readonly<Record<string, unknown>>> {
  const { events, description, header, filter, template, transform, format, timeout, maxAge, from } = flags;
  if (flags.secretFile === '-' && from === '-') {
    throw new UsageError(
      'usage',
      'standard input is either the secret or the rest: name a file for one of them',
    );
  }
  const secret = flags.secretFile === undefined ? flags.secret : (await contentOf(flags.secretFile)).trim();
  const given = {
    events,
    secret,
    description,
    headers: header,
    filter,
    template,
    transform,
    format,
    timeout,
    max_age: maxAge,
  };
  const base = from === undefined ? {} : objectOf(await contentOf(from), from);
  return { ...base, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
