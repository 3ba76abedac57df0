import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { AmiConfig } from '../../../config/config.ts';
import { openAmiClient } from '../../../source/ami/client.ts';
import type { AmiFailure } from '../../../source/ami/connection.ts';
import { EVENT_CLASSES } from '../../../source/ami/source.ts';
import { systemClock } from '../../../util/clock.ts';
import { silentLogger } from '../../../util/log.ts';
import { isLoopback } from '../../../util/loopback.ts';
import { type Conf, readConf } from '../asterisk-conf.ts';
import { type Finding, ok, warning } from '../finding.ts';
import { answeredIn, shownPlace } from '../knock.ts';
import { judgeCalls, judgeEventFilters, judgeReadClasses, judgeWriteClasses } from './account.ts';
import { explainNoLogin } from './no-login.ts';
import { judgeModules, judgeTiming, judgeVersion } from './pbx.ts';
import { Surveyor } from './survey.ts';

export interface AmiExamination {
  readonly timeoutMs: number;
  /** How long to look along, in milliseconds; 0: as long as the checks need. */
  readonly watchMs: number;
  /** Asterisk's manager.conf, of use where the PBX is this machine. */
  readonly managerConf: string;
  /** Whether the running service is connected to this PBX; undefined when none runs. */
  readonly isSeen: boolean | undefined;
  /** Whether any subscription asks by name for types that begin so. */
  asksFor(prefix: string): boolean;
}

/** Logs in once, as the service does, and says what the PBX lets the account see. Never rejects. */
export async function examineAmi(source: AmiConfig, options: AmiExamination): Promise<readonly Finding[]> {
  const { timeoutMs, watchMs, asksFor } = options;
  const surveyor = new Surveyor();
  const opened = await openAmiClient({
    ...source,
    events: EVENT_CLASSES,
    deadlines: { connect: timeoutMs, login: timeoutMs, action: timeoutMs, silence: 15_000 },
    clock: systemClock,
    logger: silentLogger,
    signal: new AbortController().signal,
    onPacket: (packet) => surveyor.take(packet),
    onClose: () => {},
  });
  if (!opened.ok) return explain(source, opened.failure, options);
  const survey = await surveyor.survey(opened.value, source.username, watchMs);
  await opened.value.close();
  const account = { username: source.username, isWatched: watchMs > 0, asksFor };
  return [
    ok('login', `logged in to ${shownPlace(source)} as "${source.username}"`),
    ...unencrypted(source),
    ...judgeVersion(survey),
    ...judgeReadClasses(survey, account),
    ...judgeWriteClasses(survey, account),
    ...judgeEventFilters(survey, account),
    ...judgeCalls(survey, account),
    ...judgeModules(survey, account),
    ...judgeTiming(survey, account),
  ];
}

async function explain(
  source: AmiConfig,
  failure: AmiFailure,
  { timeoutMs, managerConf, isSeen }: AmiExamination,
): Promise<readonly Finding[]> {
  const address = await addressOf(source.host, timeoutMs);
  const isHere = isThisMachine(address);
  const conf: Conf | undefined = isHere ? readConf(managerConf) : undefined;
  const unread = isHere && conf === undefined ? managerConf : undefined;
  return explainNoLogin({ source, failure, timeoutMs, conf, unread, address, isSeen: isSeen === true });
}

/** Secret and calls in clear are fine on this machine alone. */
function unencrypted({ host, port, tls }: AmiConfig): Finding[] {
  if (tls !== false || isLoopback(host)) return [];
  return [
    warning(
      'tls_missing',
      `the secret and all calls go in clear to ${shownPlace({ host, port })}`,
      'let Asterisk speak TLS (docs/asterisk.md, section 4), and set tls',
    ),
  ];
}

async function addressOf(host: string, timeoutMs: number): Promise<string> {
  try {
    return (await answeredIn(timeoutMs, lookup(host))).address;
  } catch {
    return host;
  }
}

function isThisMachine(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return isLoopback(address) || own.some((each) => each.address === address);
}
