import { NOISE_FILTERS } from '../../../source/ami/noise.ts';
import type { ConfSection } from '../asterisk-conf.ts';

/** What the `eventfilter` lines of an account do to the events that webhooks are made of. */
export interface FilterVerdict {
  readonly count: number;
  /** Events that they keep away, in the order of {@link NEEDED}. */
  readonly hidden: readonly string[];
  /** Lines of which it can't be said from here: they look at what stands in an event. */
  readonly unclear: readonly string[];
}

/** Events without which something is not told, and their class. */
const NEEDED: readonly (readonly [name: string, eventClass: string])[] = [
  ...[
    'Newchannel',
    'Newstate',
    'DialBegin',
    'DialEnd',
    'BridgeEnter',
    'BridgeLeave',
    'Hold',
    'Unhold',
    'BlindTransfer',
    'AttendedTransfer',
    'ParkedCall',
    'UnParkedCall',
    'ConfbridgeStart',
    'ConfbridgeJoin',
    'ConfbridgeLeave',
    'ConfbridgeEnd',
    'MessageWaiting',
    'HangupRequest',
    'Hangup',
  ].map((name) => [name, 'call'] as const),
  ...['QueueCallerJoin', 'QueueCallerAbandon', 'QueueCallerLeave', 'AgentConnect', 'AgentComplete'].map(
    (name) => [name, 'agent'] as const,
  ),
  ...['ContactStatus', 'PeerStatus', 'Registry'].map((name) => [name, 'system'] as const),
  ['ChallengeResponseFailed', 'security'],
];

/** A whole event as a filter of the old kind sees it. */
function sampleOf(name: string, eventClass: string): string {
  const headers = ['Channel: PJSIP/1001-00000001', 'CallerIDNum: 1001', 'Context: default', 'Exten: 1002'];
  return [`Event: ${name}`, `Privilege: ${eventClass},all`, ...headers, 'Uniqueid: 1700000000.1'].join(
    '\r\n',
  );
}

interface Filter {
  readonly line: string;
  readonly includes: boolean;
  /** Undefined: it can't be said without the event's content. */
  matches(name: string, eventClass: string): boolean | undefined;
}

/** Asterisk lets an event through if an including filter matches it, or there is none, and no excluding one does. */
export function judgeFilters(account: ConfSection): FilterVerdict {
  const filters = account.flatMap(([key, value]) => filterOf(key, value) ?? []);
  const including = filters.filter(({ includes }) => includes);
  const excluding = filters.filter(({ includes }) => !includes);
  const hidden = NEEDED.filter(([name, eventClass]) => {
    const isExcluded = excluding.some((filter) => filter.matches(name, eventClass) === true);
    const isLeftOut =
      including.length > 0 && including.every((filter) => filter.matches(name, eventClass) === false);
    return isExcluded || isLeftOut;
  });
  const unclear = filters.filter((filter) =>
    NEEDED.some(([name, eventClass]) => filter.matches(name, eventClass) === undefined),
  );
  return {
    count: filters.length,
    hidden: hidden.map(([name]) => name),
    unclear: unclear.map(({ line }) => line),
  };
}

function filterOf(key: string, value: string): Filter | undefined {
  if (!/^eventfilter\b/i.test(key)) return undefined;
  const line = `${key} = ${value}`;
  return key.includes('(') ? filterOf22(line, key, value) : filterOfAnyVersion(line, value);
}

/** `eventfilter = !regular expression`, over the whole text of an event. */
function filterOfAnyVersion(line: string, value: string): Filter {
  const includes = !value.startsWith('!');
  const pattern = includes ? value : value.slice(1);
  const expression = expressionOf(pattern);
  const isAboutNames =
    NOISE_FILTERS.includes(value) || /^\^?Event: ?[\w|()[\]^.*+?-]*(?:$|\\r)/.test(pattern);
  return {
    line,
    includes,
    matches(name, eventClass) {
      if (expression?.test(sampleOf(name, eventClass)) === true) return true;
      return isAboutNames && expression !== undefined ? false : undefined;
    },
  };
}

/** `eventfilter(action(exclude),name(Newexten),header(Application),method(regex)) = expression` */
function filterOf22(line: string, key: string, value: string): Filter {
  const options = new Map(
    [...key.matchAll(/(\w+)\(([^()]*)\)/g)].map(([, name = '', of = '']) => [name, of]),
  );
  const wanted = options.get('name');
  const looksInside = options.has('header') || value.trim() !== '';
  return {
    line,
    includes: options.get('action') !== 'exclude',
    matches(name) {
      if (wanted !== undefined && wanted !== name) return false;
      return looksInside ? undefined : true;
    },
  };
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  space: '\\s',
  upper: 'A-Z',
};

/** A POSIX extended regular expression, as far as the two kinds agree; `.` matches line ends there. */
function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(
      pattern.replace(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? ''),
      's',
    );
  } catch {
    return undefined;
  }
}
