import { createReadStream } from 'node:fs';
import { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { envelopeOf, type PbxEvent } from '../../model/event.ts';
import type { EventId, PbxName } from '../../model/ids.ts';
import { createAmiFacts } from '../../source/ami/facts.ts';
import { MAX_PACKET_CHARS } from '../../source/ami/packet-reader.ts';
import { RecordingReader } from '../../source/ami/recording.ts';
import { DEFAULT_EXTENSION_PATTERN, type TelephonyOptions } from '../../telephony/options.ts';
import { createTracker } from '../../telephony/tracker.ts';
import { micro, msFromMicros, systemClock } from '../../util/clock.ts';
import { CodedError, reasonOf } from '../../util/error.ts';
import { print } from '../output.ts';

export function replayAmiCommand(): Command {
  return new Command('replay-ami')
    .description('print the events that a recorded AMI stream gives, one JSON object a line')
    .argument('<file>', 'the bytes that a manager client got; - for standard input')
    .option('--config <file>', 'configuration whose `calls` tell extensions, trunks and pages apart')
    .addHelpText('after', '\nExample:\n  pbx-webhooks events replay-ami recorded.ami --config config.yml')
    .action(replayAmi);
}

/** Exit codes of sysexits.h: EX_NOINPUT, EX_DATAERR. */
const EXIT = { recording_unreadable: 66, not_a_recording: 65 } as const;

class ReplayError extends CodedError<keyof typeof EXIT> {}

async function replayAmi(file: string, { config }: { config?: string }): Promise<void> {
  try {
    const options = telephonyOptions(config);
    const text = file === '-' ? process.stdin.setEncoding('utf8') : createReadStream(file, 'utf8');
    const name = file === '-' ? 'standard input' : file;
    for await (const lines of replay(name, text, options)) await print(lines);
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    note(error.message);
    process.exitCode = EXIT[error.code];
  }
}

function telephonyOptions(configFile: string | undefined): TelephonyOptions {
  const webhooks = configFile === undefined ? undefined : loadConfig(configFile).webhooks;
  return {
    pbx: (webhooks?.ami[0]?.name ?? 'main') as PbxName,
    extensionPattern: DEFAULT_EXTENSION_PATTERN,
    trunks: [],
    pagingExtensions: [],
    ...webhooks?.calls,
  };
}

/** The events of a recording, some lines at a time; calls that are open where it ends stay open. */
async function* replay(
  file: string,
  pieces: AsyncIterable<string>,
  options: TelephonyOptions,
): AsyncGenerator<string> {
  const facts = createAmiFacts();
  const tracker = createTracker(options);
  const eventId = createEventIds();
  let lines = '';
  let hasTimes = false;
  const tell = (events: readonly PbxEvent[]): void => {
    for (const event of events) {
      lines += `${envelopeOf({ ...event, id: eventId(event), data: JSON.stringify(event.data) })}\n`;
    }
  };
  const reader = new RecordingReader((packet) => {
    hasTimes ||= packet['timestamp'] !== undefined;
    for (const fact of facts.facts(packet, systemClock.now())) tell(tracker.apply(fact));
  });

  for await (const piece of readable(file, pieces)) {
    if (!reader.push(piece)) {
      throw notARecording(file, `a packet is longer than ${MAX_PACKET_CHARS / 1024} KiB`);
    }
    if (lines !== '') yield lines;
    lines = '';
  }
  if (reader.events === 0)
    throw notARecording(file, 'no event of Asterisk’s is in it (lines end with CR LF)');
  if (reader.isBrokenOff) note(`${file} breaks off within a packet, which is left out`);
  if (!hasTimes) note(`${file} has no Timestamp (timestampevents = yes): times are those of this replay`);
  tell(tracker.settle(micro(Number.POSITIVE_INFINITY)));
  if (lines !== '') yield lines;
}

async function* readable(file: string, pieces: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* pieces;
  } catch (error) {
    throw new ReplayError('recording_unreadable', `cannot read ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function notARecording(file: string, why: string): ReplayError {
  return new ReplayError('not_a_recording', `${file} is no recorded AMI stream: ${why}`);
}

/** Far more than happen between an event and another of the same millisecond. */
const REMEMBERED_IDS = 10_000;

/** Ids as if the events were published when they happened; more in one millisecond are numbered. */
function createEventIds(): (event: PbxEvent) => EventId {
  const used = new Map<string, number>();
  return ({ type, occurredAt }) => {
    const id = `${type}-${msFromMicros(occurredAt)}`;
    const before = used.get(id) ?? 0;
    used.set(id, before + 1);
    if (used.size > REMEMBERED_IDS) used.delete(used.keys().next().value ?? '');
    return (before === 0 ? id : `${id}-${before}`) as EventId;
  };
}

function note(message: string): void {
  process.stderr.write(`pbx-webhooks: ${message}\n`);
}
