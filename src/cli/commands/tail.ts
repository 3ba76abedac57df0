import { Command, Option } from 'commander';
import { ApiProblem, type StreamNews } from '../../api/client.ts';
import { localTime, oneLine } from '../../util/one-line.ts';
import { clientOf, type JsonFlags, withAccess } from '../api/access.ts';
import { strangeTypes } from '../api/event-types.ts';
import { findSubscription } from '../api/subscriptions.ts';
import { answerOf } from '../delivery-table.ts';
import { listOf } from '../input.ts';
import { print } from '../output.ts';
import { shown, styled } from '../terminal.ts';
import { factsOf, partiesOf } from '../webhook-line.ts';

interface TailFlags extends JsonFlags {
  readonly events?: readonly string[];
  readonly subscription?: string;
  readonly deliveries?: true;
}

export function tailCommand(): Command {
  return withAccess(
    new Command('tail')
      .description('events as they happen; ends at Ctrl-C')
      .addOption(
        new Option('-e, --events <patterns>', 'only these, such as call.*,voicemail.new').argParser(listOf),
      )
      .option('--subscription <subscription>', 'only what goes to this one: id or URL')
      .option('-d, --deliveries', 'also what comes of each delivery')
      .option('--json', 'print one object a line')
      .addHelpText('after', '\nExample:\n  pbx-webhooks tail --events "call.*" --deliveries')
      .action(tail),
  );
}

async function tail({ events, subscription, deliveries, json, ...access }: TailFlags): Promise<void> {
  const client = await clientOf(access);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  process.once('SIGTERM', () => stopped.abort());
  const id = subscription === undefined ? undefined : (await findSubscription(client, subscription)).id;
  if (events !== undefined) for (const problem of await strangeTypes(client, events)) console.error(problem);
  const options = { events, subscription: id, signal: stopped.signal };
  let isOpen = false;
  let wasLost = false;
  for await (const message of client.stream(options)) {
    switch (message.name) {
      case 'open':
        console.error(wasLost ? 'connected again' : 'connected; Ctrl-C ends it');
        isOpen = true;
        wasLost = false;
        break;
      case 'lost':
        if (!isOpen) throw new ApiProblem(0, { code: 'unreachable', error: message.reason });
        console.error(
          `connection lost (${oneLine(message.reason)}); next try in ${message.retryInMs / 1000} s`,
        );
        wasLost = true;
        break;
      case 'dropped':
        console.error(`${message.data.count} left out: this reader is too slow`);
        break;
      case 'missed':
        console.error(missedLine(message.data));
        break;
      case 'event':
        await print(`${json ? JSON.stringify(message.data) : eventLine(message.data)}\n`);
        break;
      case 'delivery':
        if (deliveries) await print(`${json ? JSON.stringify(message.data) : deliveryLine(message.data)}\n`);
        break;
      case 'subscription':
      case 'stats':
        break;
      default:
        message satisfies never;
    }
  }
}

type News<Name extends StreamNews['name']> = Extract<StreamNews, { name: Name }>['data'];

function missedLine({ since, until }: News<'missed'>): string {
  return `left out: more came than is told again; pbx-webhooks events list --since ${since} --until ${until}`;
}

/** `2025-12-07 12:00:00  call.answered  1001 -> 1002  answered_by=1002` */
function eventLine({ event_type: type, timestamp, data }: News<'event'>): string {
  const parties = partiesOf(data);
  const parts = [
    localTime(new Date(timestamp)),
    styled('cyan', oneLine(type).padEnd(22)),
    ...(parties === undefined ? [] : [parties]),
    factsOf(data),
  ];
  return parts.join('  ').trimEnd();
}

/** `2025-12-07 12:00:00  call.answered  delivered  204 after 12 ms  (attempt 2)` */
function deliveryLine({ event_type: type, status, attempt, delivery_id: id }: News<'delivery'>): string {
  const at = localTime(attempt === null ? new Date() : new Date(attempt.started_at));
  const style = status === 'delivered' ? 'green' : status === 'pending' ? 'yellow' : 'red';
  const answer = attempt === null ? [] : [`${answerOf(attempt)} after ${Math.round(attempt.duration_ms)} ms`];
  const number = attempt === null || attempt.number === 1 ? [] : [`(attempt ${attempt.number})`];
  const parts = [
    at,
    oneLine(type).padEnd(22),
    styled(style, status),
    ...answer.map(shown),
    ...number,
    `#${id}`,
  ];
  return parts.join('  ');
}
