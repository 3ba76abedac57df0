import { Command, InvalidArgumentError, Option } from 'commander';
import { type AnswerOf, ApiProblem } from '../../api/client.ts';
import { DELIVERY_STATES, type DeliveryState } from '../../model/delivery.ts';
import { maskedUrl } from '../../util/masked-url.ts';
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
import { type AttemptView, answerOf, deliveryColumns } from '../delivery-table.ts';
import { failureOf } from '../exit.ts';
import { block, fieldLines } from '../fields.ts';
import { printJson } from '../output.ts';
import { shown, styled } from '../terminal.ts';
import { shortTime } from '../times.ts';

export function deliveriesCommand(): Command {
  return new Command('deliveries')
    .description('what was sent, and what came of it')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(retryCommand());
}

interface DeliveryFilter extends AccessFlags, ListFlags, RangeFlags {
  readonly subscription?: string;
  readonly status?: DeliveryState;
  readonly type?: string;
  readonly call?: string;
}

function listCommand(): Command {
  const command = new Command('list')
    .description('deliveries, the newest first')
    .option('--subscription <subscription>', 'to this one alone: id or URL')
    .addOption(new Option('--status <status>', 'in this state alone').choices(DELIVERY_STATES))
    .option('--type <pattern>', 'of this event type alone, or such as "call.*"')
    .option('--call <call_id>', 'of this call alone');
  return withAccess(
    withListing(withRange(command, 'those made'))
      .addHelpText('after', '\nExample:\n  pbx-webhooks deliveries list --status dead --since 24h')
      .action(list),
  );
}

async function list(flags: DeliveryFilter): Promise<void> {
  const { subscription, status, type, call: call_id, since, until } = flags;
  const client = await clientOf(flags);
  const urls = flags.json ? new Map<string, string>() : await urlsById(client);
  const read = ({ cursor, limit }: PageRequest) =>
    client.call('GET /deliveries', {
      query: { subscription, status, type, call_id, since, until, cursor, limit },
    });
  await printList(read, deliveryColumns(urls), flags);
}

interface ShowFlags extends JsonFlags {
  readonly attempt?: string;
}

function showCommand(): Command {
  return withAccess(
    new Command('show')
      .description('one delivery: every attempt, its event, and what would be sent now')
      .argument('<id>', 'number of the delivery', idOf)
      .option('--attempt <number>', 'what this attempt sent instead, as its receiver got it', attemptOf)
      .option('--json', 'print it as JSON')
      .addHelpText(
        'after',
        '\nExamples:\n  pbx-webhooks deliveries show 4711\n  pbx-webhooks deliveries show 4711 --attempt 2',
      )
      .action(show),
  );
}

async function show(id: string, { json, attempt, ...access }: ShowFlags): Promise<void> {
  const client = await clientOf(access);
  if (attempt !== undefined) {
    const request = await client.call('GET /deliveries/{id}/attempts/{number}/request', {
      path: { id, number: attempt },
    });
    if (json) printJson(request);
    else console.log(sentText(id, attempt, request).join('\n'));
    return;
  }
  const delivery = await client.call('GET /deliveries/{id}', { path: { id } });
  if (json) printJson(delivery);
  else console.log(deliveryText(delivery, await urlsById(client)).join('\n'));
}

function deliveryText(
  delivery: AnswerOf<'GET /deliveries/{id}'>,
  urls: ReadonlyMap<string, string>,
): readonly string[] {
  const {
    id,
    event_id: eventId,
    event_type: type,
    call_id: callId,
    subscription_id: subscription,
  } = delivery;
  const {
    status,
    due_at: dueAt,
    created_at: createdAt,
    ended_at: endedAt,
    attempts,
    event,
    request,
  } = delivery;
  const url = urls.get(subscription);
  return [
    styled('bold', `delivery ${id}`),
    ...fieldLines([
      ['event', `${type} ${eventId}`],
      ['call', callId],
      ['subscription', url === undefined ? `${subscription} (deleted)` : maskedUrl(url)],
      ['status', status],
      ['made', shortTime(createdAt)],
      ['due', dueAt === null ? null : shortTime(dueAt)],
      ['ended', endedAt === null ? null : shortTime(endedAt)],
    ]),
    ...attempts.flatMap(attemptText),
    styled('bold', 'event'),
    ...block('data', JSON.stringify(event.data, undefined, 2)),
    ...(request ? [styled('bold', 'request as it would be sent now'), ...requestText(request)] : []),
  ];
}

function sentText(
  id: string,
  attempt: string,
  request: AnswerOf<'GET /deliveries/{id}/attempts/{number}/request'>,
): readonly string[] {
  const { events, notes } = request;
  return [
    styled('bold', `delivery ${id}, attempt ${attempt}`),
    ...(events > 1 ? [`  a batch of ${events} events`] : []),
    ...notes.map((note) => `  ${note}`),
    ...requestText(request),
  ];
}

export function attemptText({
  number,
  started_at: at,
  duration_ms: ms,
  status,
  error,
  body,
  headers,
}: AttemptView): string[] {
  const isGood = status !== null && status >= 200 && status < 300 && error === null;
  const answer = styled(isGood ? 'green' : 'red', shown(answerOf({ status, error })));
  return [
    `${styled('bold', `attempt ${number}`)}  ${shortTime(at)}  ${answer}  after ${Math.round(ms)} ms`,
    ...(headers === null
      ? []
      : fieldLines(Object.entries(headers).map(([name, value]) => [name, String(value)]))),
    ...(body ? block('body', body) : []),
  ];
}

export function requestText({
  method,
  url,
  headers,
  body,
}: {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): string[] {
  return [
    `  ${method} ${shown(maskedUrl(url))}`,
    ...fieldLines(Object.entries(headers)),
    ...block('body', pretty(body)),
  ];
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}

function retryCommand(): Command {
  return withAccess(
    new Command('retry')
      .description('send deliveries again, or at once where they wait')
      .argument('<id...>', 'numbers of deliveries', idsOf)
      .option('--json', 'print the answers as JSON, one a line')
      .addHelpText('after', '\nExample:\n  pbx-webhooks deliveries retry 4711')
      .action(retry),
  );
}

/** Each of them, also where one before it can't be sent again; the last of those gives the exit code. */
async function retry(ids: readonly string[], { json, ...access }: JsonFlags): Promise<void> {
  const client = await clientOf(access);
  for (const id of ids) {
    try {
      const answer = await client.call('POST /deliveries/{id}/retry', { path: { id } });
      console.log(json ? JSON.stringify(answer) : answer.message);
    } catch (error) {
      if (!(error instanceof ApiProblem) || ![404, 409].includes(error.status)) throw error;
      const { code, lines } = failureOf(error);
      console.error(lines.join('\n'));
      process.exitCode = code;
    }
  }
}

/** As the API writes them. */
export function idOf(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be the number of a delivery.');
}

function attemptOf(text: string): string {
  if (/^[1-9]\d{0,5}$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be the number of an attempt: 1, 2, 3 …');
}

export function idsOf(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, idOf(text)];
}
