import { Command, Option } from 'commander';
import type { AnswerOf } from '../../api/client.ts';
import { nearNames } from '../../util/near.ts';
import { type AccessFlags, clientOf, type JsonFlags, withAccess } from '../api/access.ts';
import {
  type ListFlags,
  type PageRequest,
  printList,
  type RangeFlags,
  withListing,
  withRange,
} from '../api/listing.ts';
import { urlsById } from '../api/subscriptions.ts';
import { deliveryColumns } from '../delivery-table.ts';
import { UnknownError } from '../exit.ts';
import { block, fieldLines } from '../fields.ts';
import { contentOf, objectOf } from '../input.ts';
import { printJson } from '../output.ts';
import { type Column, Table } from '../table.ts';
import { lineWidth, shown, styled } from '../terminal.ts';
import { shortTime } from '../times.ts';
import { factsOf, partiesOf } from '../webhook-line.ts';
import { replayAmiCommand } from './replay-ami.ts';

type EventView = AnswerOf<'GET /events'>['items'][number];

export function eventsCommand(): Command {
  return new Command('events')
    .description('what happened: list, show, publish, and what types there are')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(publishCommand())
    .addCommand(typesCommand())
    .addCommand(replayAmiCommand());
}

const COLUMNS: readonly Column<EventView>[] = [
  { title: 'TIME', cell: ({ timestamp }) => shortTime(timestamp) },
  { title: 'TYPE', cell: ({ event_type: type }) => type },
  { title: 'PARTIES', cell: ({ data }) => partiesOf(data) ?? '', isFlexible: true },
  { title: 'EVENT ID', cell: ({ event_id: id }) => id },
  { title: 'CALL', cell: ({ call_id: id }) => id ?? '-', isFlexible: true, isOptional: true },
  { title: 'DATA', cell: ({ data }) => factsOf(data), isFlexible: true, isOptional: true },
];

function listCommand(): Command {
  const command = new Command('list')
    .description('kept events, the newest first')
    .option('--type <pattern>', 'of this type alone, or such as "call.*"')
    .option('--call <call_id>', 'of this call alone');
  return withAccess(
    withListing(withRange(command, 'those accepted'))
      .addHelpText('after', '\nExample:\n  pbx-webhooks events list --type "call.*" --since 1h')
      .action(list),
  );
}

interface ListEventsFlags extends AccessFlags, ListFlags, RangeFlags {
  readonly type?: string;
  readonly call?: string;
}

async function list(flags: ListEventsFlags): Promise<void> {
  const { type, call: call_id, since, until } = flags;
  const client = await clientOf(flags);
  const read = ({ cursor, limit }: PageRequest) =>
    client.call('GET /events', { query: { type, call_id, since, until, cursor, limit } });
  await printList(read, COLUMNS, flags);
}

function showCommand(): Command {
  return withAccess(
    new Command('show')
      .description('one event, and where it went')
      .argument('<event_id>', 'such as call.ended-1701964800123')
      .option('--json', 'print it as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks events show call.ended-1701964800123')
      .action(show),
  );
}

async function show(eventId: string, { json, ...access }: JsonFlags): Promise<void> {
  const client = await clientOf(access);
  const event = await client.call('GET /events/{event_id}', { path: { event_id: eventId } });
  if (json) return printJson(event);
  const { event_type: type, timestamp, call_id: callId, data, deliveries } = event;
  const table = new Table(deliveryColumns(await urlsById(client)), lineWidth());
  const lines = [
    styled('bold', shown(eventId)),
    ...fieldLines([
      ['type', type],
      ['time', timestamp],
      ['call', callId],
    ]),
    ...block('data', JSON.stringify(data, undefined, 2)),
    ...(deliveries.length === 0 ? ['  no subscription wants it'] : table.lines(deliveries)),
  ];
  console.log(lines.join('\n'));
}

interface PublishFlags extends JsonFlags {
  readonly data: string;
  readonly idempotencyKey?: string;
}

function publishCommand(): Command {
  return withAccess(
    new Command('publish')
      .description('publish an event of your own; prints its id once it is on disk')
      .argument('<type>', 'a type of the catalogue, or one of your own')
      .addOption(
        new Option('-d, --data <json>', 'its data; @file for a file, @- for standard input').default('{}'),
      )
      .option('--idempotency-key <key>', 'asked again with it within 24 h, it is not published twice')
      .option('--json', 'print the answer as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  pbx-webhooks events publish user.event --data \'{"name":"DoorOpened","fields":{"door":"north"}}\'',
      )
      .action(publish),
  );
}

async function publish(type: string, { data, idempotencyKey, json, ...access }: PublishFlags): Promise<void> {
  const text = data.startsWith('@') ? await contentOf(data.slice(1)) : data;
  const body = { event_type: type, data: objectOf(text, data.startsWith('@') ? data.slice(1) : '--data') };
  const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  const answer = await (await clientOf(access)).call('POST /events', { body, headers });
  if (json) printJson(answer);
  else console.log(answer.event_id);
}

function typesCommand(): Command {
  return withAccess(
    new Command('types')
      .description('every event type there is')
      .argument('[type]', 'show the sample of this one')
      .option('--json', 'print them with JSON Schema and sample, as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks events types call.ended')
      .action(types),
  );
}

async function types(wanted: string | undefined, { json, ...access }: JsonFlags): Promise<void> {
  const { items } = await (await clientOf(access)).call('GET /event-types');
  const found = items.filter(({ event_type: type }) => wanted === undefined || type === wanted);
  if (wanted !== undefined && found.length === 0) {
    const [near] = nearNames(
      wanted,
      items.map(({ event_type: type }) => type),
    );
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new UnknownError('unknown', `there is no event type ${JSON.stringify(wanted)}${hint}`);
  }
  if (json) return printJson(found);
  for (const { event_type: type, description, sample } of found) {
    console.log([styled('bold', shown(type)), ...fieldLines([['', description]])].join('\n'));
    if (wanted !== undefined) console.log(block('data', JSON.stringify(sample, undefined, 2)).join('\n'));
  }
}
