import type { ConfSection } from '../asterisk-conf.ts';
import { settingOf } from '../asterisk-conf.ts';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import { judgeFilters } from './event-filters.ts';
import type { AmiSurvey } from './survey.ts';

/** Whose account is judged, and whether any subscription asks for a type that begins so. */
export interface AccountContext {
  readonly username: string;
  /** Whether someone was asked to make a call meanwhile. */
  readonly isWatched: boolean;
  asksFor(prefix: string): boolean;
}

interface ReadClass {
  readonly name: string;
  /** What is missing without it. */
  readonly missing: string;
  readonly verdict: 'failed' | 'warning';
}

/** As docs/asterisk.md has it. */
const READ_CLASSES: readonly ReadClass[] = [
  {
    name: 'system',
    missing:
      'registrations of extensions and trunks, restarts of Asterisk, and most of what happened while nobody looked',
    verdict: 'failed',
  },
  { name: 'call', missing: 'every event of calls, conferences, parking and voicemail', verdict: 'failed' },
  { name: 'agent', missing: 'queue events', verdict: 'warning' },
  {
    name: 'security',
    missing: 'extension.auth_failed, and which registrations were removed by their phones',
    verdict: 'warning',
  },
  {
    name: 'dialplan',
    missing: 'file_path of voicemail, recording, the sure sign of a page, and why a caller left a queue',
    verdict: 'warning',
  },
];

export function judgeReadClasses(survey: AmiSurvey, { username, asksFor }: AccountContext): Finding[] {
  const known = survey.account && classesOf(survey.account, 'read');
  const has = (name: string): boolean | undefined => {
    if (survey.seenClasses.has(name)) return true;
    if (known !== undefined) return known.has('all') || known.has(name);
    // Of these two something comes with each login.
    return name === 'system' || name === 'security' ? false : undefined;
  };
  const wanted = [
    ...READ_CLASSES,
    ...(asksFor('user.')
      ? [{ name: 'user', missing: 'user.event, which a subscription asks for', verdict: 'warning' } as const]
      : []),
  ];
  const lacking = wanted.filter(({ name }) => has(name) === false);
  const unknown = wanted.filter(({ name }) => has(name) === undefined).map(({ name }) => name);
  const found = lacking.map(({ name, missing, verdict }) => {
    const saw = `read class ${name} is missing: ${missing}`;
    const fix = `add ${name} to the read line of [${username}] in manager.conf, then asterisk -rx 'manager reload'`;
    return verdict === 'failed'
      ? failed('read_class_missing', saw, fix)
      : warning('read_class_missing', saw, fix);
  });
  if (unknown.length > 0) {
    found.push(
      skipped(
        'read_classes_unknown',
        `whether the account may read ${unknown.join(', ')} can’t be known without write = system`,
        'make a call while doctor --watch 60 looks on, or give the account write = system,reporting',
      ),
    );
  }
  if (known !== undefined && has('system') && !survey.isBooted) {
    found.push(
      warning(
        'pbx_not_booted',
        'Asterisk has not said that it has booted',
        'wait until it has; then ask again',
      ),
    );
  }
  return found.length > 0
    ? found
    : [ok('read_classes', `reads ${wanted.map(({ name }) => name).join(', ')}`)];
}

interface WriteClass {
  readonly name: string;
  /** What is missing without it. */
  readonly missing: string;
}

const WRITE_CLASSES: readonly WriteClass[] = [
  {
    name: 'system',
    missing:
      'user agent and address of registrations, contacts and trunks that there are at start, and filters that spare the PBX half its work',
  },
  {
    name: 'reporting',
    missing:
      'which message a voicemail event is about, and mailboxes and conferences that changed while nobody looked',
  },
];

/** Actions of the core that show a class which is never needed. */
const NEVER_NEEDED: Readonly<Record<string, string>> = {
  command: 'command',
  originate: 'originate',
  updateconfig: 'config',
  redirect: 'call',
};

export function judgeWriteClasses(survey: AmiSurvey, { username }: AccountContext): Finding[] {
  const { actions } = survey;
  if (actions === undefined) {
    return [skipped('write_classes', 'the PBX does not list the actions that this account may send')];
  }
  const granted = grantedOf(actions);
  const lacking = WRITE_CLASSES.filter(({ name }) => !granted.has(name));
  const found = lacking.map(({ name, missing }) =>
    warning(
      'write_class_missing',
      `write class ${name} is missing: ${missing}`,
      `add ${name} to the write line of [${username}] in manager.conf (docs/asterisk.md tells what it allows)`,
    ),
  );
  const excess = Object.entries(NEVER_NEEDED).flatMap(([action, name]) =>
    actions.has(action) ? [name] : [],
  );
  if (excess.length > 0) {
    found.push(
      warning(
        'write_class_excess',
        `the account may do more than is ever needed: ${excess.join(', ')}`,
        `make it write = system,reporting in [${username}] of manager.conf: whoever learns the secret can do what it can`,
      ),
    );
  }
  return found.length > 0 ? found : [ok('write_classes', 'may ask all that the plugin asks')];
}

/** By actions of Asterisk's core, which every PBX has: an account is shown those alone that it may send. */
export function grantedOf(actions: ReadonlySet<string>): ReadonlySet<string> {
  const granted = new Set<string>();
  if (actions.has('modulecheck')) granted.add('system');
  // Each of these is of two classes, and of no other class but `reporting` all of them are.
  if (['coresettings', 'mailboxcount', 'showdialplan'].every((action) => actions.has(action))) {
    granted.add('reporting');
  }
  return granted;
}

/** What the `eventfilter` lines of the account keep away; nothing where it may not read them. */
export function judgeEventFilters({ account }: AmiSurvey, { username }: AccountContext): Finding[] {
  if (account === undefined) return [];
  const { count, hidden, unclear } = judgeFilters(account);
  if (hidden.length > 0) {
    return [
      failed(
        'event_filter_hides',
        `eventfilter lines of [${username}] hide events that are needed: ${hidden.join(', ')}`,
        'take them out, or exclude nothing but what docs/asterisk.md excludes (one that includes turns the account into an allow list)',
      ),
    ];
  }
  if (unclear.length > 0) {
    return [
      warning(
        'event_filter_unclear',
        `these lines of [${username}] hide events by what stands in them: ${unclear.join('; ')}`,
        'see that they hide no call of yours; doctor --watch 60 tells of a call that you make meanwhile',
      ),
    ];
  }
  const lines =
    count === 0 ? 'no eventfilter hides anything' : 'eventfilter lines hide nothing that is needed';
  return [ok('event_filter', lines)];
}

/** What the calls showed that there were meanwhile. */
export function judgeCalls({ calls }: AmiSurvey, { username, isWatched }: AccountContext): Finding[] {
  const channels = (count: number): string => `${count} new ${count === 1 ? 'channel' : 'channels'}`;
  if (calls.hidden > 0) {
    return [
      failed(
        'events_hidden',
        `no event told of ${channels(calls.hidden)} that the PBX lists`,
        `see read (call) and the eventfilter lines of [${username}] in manager.conf`,
      ),
    ];
  }
  if (calls.told > 0) return [ok('calls_seen', `events told of ${channels(calls.told)} meanwhile`)];
  if (!isWatched) return [];
  return [skipped('no_call_seen', 'no call was made meanwhile', 'make one while doctor --watch looks on')];
}

function classesOf(account: ConfSection, key: 'read' | 'write'): ReadonlySet<string> {
  return new Set((settingOf(account, key) ?? '').split(',').map((name) => name.trim().toLowerCase()));
}
