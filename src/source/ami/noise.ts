/**
 * What a busy PBX says most and nobody here needs: more than half of all bytes (one plain call: 46 VarSet among
 * 101 events). Told to the PBX as filters after each login, and kept from the parser here as well, for accounts
 * that may not set filters.
 */
const NOISE: readonly string[] = [
  'DeviceStateChange',
  'ExtensionStatus',
  'MusicOnHoldStart',
  'MusicOnHoldStop',
  'PresenceStateChange',
  'PresenceStatus',
  'QueueMemberStatus',
];

/** Noise of event classes that are not asked for; recorded streams and foreign masks have it. */
const UNASKED: readonly string[] = [
  'CEL',
  'Cdr',
  'DTMFBegin',
  'DTMFEnd',
  'RTCPReceived',
  'RTCPSent',
  'TestEvent',
];

/** Of VarSet these variables are wanted: where a message or a recording lies, why a caller left a queue. */
const WANTED_VARIABLES: readonly string[] = [
  'MIXMONITOR_FILENAME\r\n',
  'QUEUESTATUS\r\n',
  'VM_MESSAGEFILE\r\n',
];

/** Of Newexten: nothing else tells surely that a conference is a page, or which queue took no more callers. */
const WANTED_APPLICATIONS: readonly string[] = ['Page\r\n', 'Queue\r\n'];

/**
 * Values of the `Filter` action (manager.c: POSIX extended regular expressions over an event's whole text, `.`
 * matches line ends too, `!` excludes). Excluding ones only: a single including one would make the account an
 * allow list. There is no look-ahead, so that the wanted names are spared by their first letters.
 */
export const NOISE_FILTERS: readonly string[] = [
  '!^Event: VarSet.*[[:space:]]Variable: ([^MQV]|M[^I]|MI[^X]|Q[^U]|V[^M]|VM[^_])',
  '!^Event: Newexten.*[[:space:]]Application: ([^PQ]|P[^a]|Pa[^g]|Q[^u])',
  `!^Event: (${NOISE.join('|')})`,
];

const NOISE_NAMES: ReadonlySet<string> = new Set([...NOISE, ...UNASKED]);

/** Whether an event is one that nobody needs. */
export function isNoise(name: string, packet: string): boolean {
  if (name === 'VarSet') return !tells('\r\nVariable: ', WANTED_VARIABLES, packet);
  if (name === 'Newexten') return !tells('\r\nApplication: ', WANTED_APPLICATIONS, packet);
  return NOISE_NAMES.has(name);
}

function tells(header: string, wanted: readonly string[], packet: string): boolean {
  const at = packet.indexOf(header);
  return at !== -1 && wanted.some((one) => packet.startsWith(one, at + header.length));
}
