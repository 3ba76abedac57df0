import type { VoiceMessage } from '../../telephony/mailbox.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { type Logger, silentLogger } from '../../util/log.ts';
import { MailboxListings } from '../mailbox-listings.ts';
import type { Source } from '../source.ts';
import { mailboxFolder, readMailbox } from './read-mailbox.ts';
import { SpoolWatcher } from './watcher.ts';

export interface VoicemailSpoolOptions {
  /** Asterisk's `voicemail` folder; below it a folder for each context, below that one for each mailbox. */
  readonly spool: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Times that a mailbox is read before its next change is waited for, and milliseconds between them. */
const TRIES = 15;
const PAUSE_MS = 10;
/** Mailboxes that can't be read and are named in the log. */
const MAX_NAMED = 10;

/** A source that tells of its PBX's mailboxes, beside all else, what their folders show. */
export function withVoicemailSpool(source: Source, options: VoicemailSpoolOptions): Source {
  const { spool, clock = systemClock, logger = silentLogger } = options;
  const report = createReport(source.name, spool, logger);
  /** Mailboxes whose first list was asked for. */
  const asked = new Set<string>();
  let stop = (): Promise<void> => Promise.resolve();

  async function query(mailbox: string, watcher: SpoolWatcher): Promise<readonly VoiceMessage[] | undefined> {
    asked.add(mailbox);
    const folder = mailboxFolder(spool, mailbox);
    if (folder === undefined) return undefined;
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await pause(clock, PAUSE_MS);
      const found = await readMailbox(folder, clock.wall() / 1000);
      if (found.state === 'read') {
        report.readable(mailbox);
        return found.messages;
      }
      if (found.state === 'unreadable') report.unreadable(mailbox, folder, found.error);
      if (found.state !== 'changing') break;
    }
    watcher.doubt(mailbox);
    return undefined;
  }

  return {
    name: source.name,
    start(onFact) {
      const listings = new MailboxListings({
        clock,
        query: (mailbox) => query(mailbox, watcher),
        onListed: onFact,
      });
      const watcher = new SpoolWatcher({
        spool,
        clock,
        onChange(mailbox, how) {
          if (how === 'made' && !asked.has(mailbox)) listings.tellEmpty(mailbox);
          listings.ask(mailbox, how === 'found');
        },
        onLook: (error) => report.looked(error),
      });
      stop = () => {
        listings.stop();
        return watcher.stop();
      };
      source.start((fact) => onFact(listings.notice(fact)));
      watcher.start();
    },
    async stop() {
      await Promise.all([stop(), source.stop()]);
    },
    health: () => source.health(),
    counts: () => source.counts(),
  };
}

/** One line for what goes wrong, and one when it is well again. */
function createReport(name: string, spool: string, logger: Logger) {
  const named = new Set<string>();
  let isUnreachable = false;
  return {
    looked(error: Error | undefined): void {
      if (error !== undefined && !isUnreachable) {
        logger.warn(
          `${name}: the voicemail spool ${spool} can't be read (${error.message}): let the user of pbx-webhooks ` +
            'read it, or correct features.webhooks.voicemail.spool. Until then voicemail is told by counts alone',
        );
      } else if (error === undefined && isUnreachable) {
        logger.info(`${name}: the voicemail spool ${spool} is read again`);
      }
      isUnreachable = error !== undefined;
    },
    readable(mailbox: string): void {
      named.delete(mailbox);
    },
    unreadable(mailbox: string, folder: string, error: Error): void {
      if (named.has(mailbox) || named.size >= MAX_NAMED) return;
      named.add(mailbox);
      logger.warn(
        `${name}: the mailbox in ${folder} can't be read (${error.message}): let the user of pbx-webhooks read it. ` +
          'Its voicemail is told by counts alone',
      );
    },
  };
}

function pause(clock: Clock, ms: number): Promise<void> {
  const over = deferred<void>();
  clock.after(ms, () => over.resolve());
  return over.promise;
}
