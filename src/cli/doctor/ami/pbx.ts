import { isTrue, settingOf } from '../asterisk-conf.ts';
import { clockFinding } from '../clock.ts';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import { type AccountContext, grantedOf } from './account.ts';
import type { AmiSurvey } from './survey.ts';

/** The oldest that has the events that calls are told from, and the oldest that is tested. */
const OLDEST_VERSION = 13;
const OLDEST_TESTED = 16;

export function judgeVersion({ version }: AmiSurvey): Finding[] {
  if (version === undefined) return [];
  const major = Number(/(?:^|\/)(\d+)\./.exec(version)?.[1]);
  const saw = `Asterisk ${version}`;
  if (major < OLDEST_VERSION) {
    return [
      failed(
        'pbx_version_old',
        `${saw}: its events are not those of today`,
        'update Asterisk: 16 to 22 are tested',
      ),
    ];
  }
  if (major < OLDEST_TESTED) {
    return [
      warning(
        'pbx_version_old',
        `${saw} is older than what is tested`,
        'update Asterisk: 16 to 22 are tested',
      ),
    ];
  }
  return [ok('pbx_version', saw)];
}

interface NeededModule {
  readonly module: string;
  /** One of these shows that it is loaded. */
  readonly actions: readonly string[];
  /** A write class with which the account would see them; undefined: any account does. */
  readonly shownBy: 'system' | 'reporting' | undefined;
  /** Event types that come of it. */
  readonly types: readonly string[];
  readonly missing: string;
}

const MODULES: readonly NeededModule[] = [
  {
    module: 'chan_pjsip',
    actions: ['pjsipshowcontacts', 'sippeers', 'iaxpeerlist'],
    shownBy: 'system',
    types: ['extension.'],
    missing: 'registrations of phones',
  },
  {
    module: 'app_queue',
    actions: ['queuestatus'],
    shownBy: undefined,
    types: ['queue.'],
    missing: 'queue events',
  },
  {
    module: 'app_confbridge',
    actions: ['confbridgelistrooms'],
    shownBy: 'reporting',
    types: ['conference.', 'paging.'],
    missing: 'conferences and pages',
  },
  {
    module: 'app_voicemail',
    actions: ['voicemailuserslist'],
    shownBy: 'reporting',
    types: ['voicemail.'],
    missing: 'voicemail events',
  },
];

/** A PBX without queues is healthy all the same, unless someone waits for queue events. */
export function judgeModules({ actions }: AmiSurvey, { asksFor }: AccountContext): Finding[] {
  if (actions === undefined) return [];
  const granted = grantedOf(actions);
  const visible = MODULES.filter(({ shownBy }) => shownBy === undefined || granted.has(shownBy));
  const missing = visible.filter((each) => !each.actions.some((action) => actions.has(action)));
  const found = missing.map(({ module, types, missing: lost }) => {
    const saw = `Asterisk has not loaded ${module}: no ${lost}`;
    const fix = `asterisk -rx 'module load ${module}.so', and see modules.conf`;
    return types.some(asksFor) ? warning('module_missing', saw, fix) : skipped('module_missing', saw, fix);
  });
  const loaded = visible.filter((each) => !missing.includes(each)).map(({ module }) => module);
  return loaded.length > 0 ? [ok('modules', `has ${loaded.join(', ')}`), ...found] : found;
}

/** Milliseconds below which a busy machine may be dropped as a slow reader. */
const SHORT_WRITE_TIMEOUT_MS = 1_000;
const DEFAULT_WRITE_TIMEOUT_MS = 100;

export function judgeTiming(survey: AmiSurvey, { username }: AccountContext): Finding[] {
  const { account, general, isStamped, clock } = survey;
  const found: Finding[] = [];
  if (account !== undefined) {
    const ms = Number(settingOf(account, 'writetimeout') ?? DEFAULT_WRITE_TIMEOUT_MS);
    found.push(
      ms < SHORT_WRITE_TIMEOUT_MS
        ? warning(
            'write_timeout_short',
            `Asterisk drops the plugin if it can’t send to it for ${ms} ms`,
            `set writetimeout = 5000 in [${username}] of manager.conf`,
          )
        : ok('write_timeout', `writetimeout is ${ms} ms`),
    );
  }
  const stamped =
    isStamped ?? (general === undefined ? undefined : isTrue(settingOf(general, 'timestampevents')));
  if (stamped !== undefined) {
    found.push(
      stamped
        ? ok('timestamps', 'events bear the time at which they happened')
        : warning(
            'timestamps_off',
            'events do not bear the time at which they happened, so that durations are those of their arrival',
            'set timestampevents = yes in [general] of manager.conf, then restart Asterisk or reload the manager',
          ),
    );
  }
  if (clock !== undefined) found.push(clockFinding('the PBX', clock.aheadMs, clock.within));
  return found;
}
