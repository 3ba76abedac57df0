import { answerOf, type ReceivedAction, responseTo } from '../../src/source/ami/playback-answers.ts';
import type { AmiFaults } from './ami-server.ts';

/** One account of a PBX, and that PBX, as they show in answers; left out, all is as docs/asterisk.md says. */
export interface PbxAccount {
  readonly read?: string;
  readonly write?: string;
  /** `eventfilter` lines and the like, after the usual ones. */
  readonly lines?: readonly string[];
  readonly writetimeout?: number;
  readonly timestampevents?: boolean;
  readonly version?: string;
  /** Actions of modules that are not loaded. */
  readonly missing?: readonly string[];
  /** Milliseconds that its clock is ahead. */
  readonly aheadMs?: number;
  /** Channels that are listed from the second time on. */
  readonly channels?: readonly string[];
}

/** Actions and their write classes, as an Asterisk 22 lists them; those of the core, and those that are asked for. */
const ACTIONS: Readonly<Record<string, string>> = {
  Command: 'command',
  ConfbridgeList: 'reporting',
  ConfbridgeListRooms: 'reporting',
  CoreSettings: 'system,reporting',
  CoreShowChannels: 'system,reporting',
  CoreStatus: 'system,reporting',
  Events: '<none>',
  Filter: 'system',
  GetConfig: 'system,config',
  ListCommands: '<none>',
  Login: '<none>',
  MailboxCount: 'call,reporting',
  ModuleCheck: 'system',
  Originate: 'originate',
  Ping: '<none>',
  PJSIPShowContacts: 'system',
  QueueStatus: '<none>',
  Redirect: 'call',
  ShowDialPlan: 'config,reporting',
  UpdateConfig: 'config',
  VoicemailBoxSummary: 'call,reporting',
  VoicemailUsersList: 'call,reporting',
};

/** What an AMI server for one account says and answers. */
export function pbxFor(account: PbxAccount = {}): AmiFaults {
  const { read = 'system,call,agent,security,dialplan', write = 'system,reporting' } = account;
  const { missing = [], timestampevents = true, aheadMs = 0, version = '22.10.1' } = account;
  const reads = classesOf(read);
  const writes = classesOf(write);
  const now = (): string => ((Date.now() + aheadMs) / 1000).toFixed(6);
  const allowed = Object.entries(ACTIONS).filter(([name, classes]) => {
    const needed = classes.split(',');
    return !missing.includes(name) && needed.some((one) => one === '<none>' || writes(one));
  });
  let lists = 0;
  const section = (name: string): readonly string[] | undefined => {
    if (name === 'general') return ['enabled=yes', `timestampevents=${timestampevents ? 'yes' : 'no'}`];
    if (name !== 'webhooks') return undefined;
    const writetimeout = account.writetimeout ?? 5000;
    return [
      `secret=change-me`,
      `read=${read}`,
      `write=${write}`,
      `writetimeout=${writetimeout}`,
      ...(account.lines ?? []),
    ];
  };
  const answer = (action: ReceivedAction): string => {
    const name = action.get('action') ?? '';
    if (!allowed.some(([known]) => known.toLowerCase() === name.toLowerCase())) {
      return responseTo(action, 'Error', 'Message: Permission denied\r\n');
    }
    switch (name) {
      case 'ListCommands': {
        const lines = allowed.map(
          ([known, classes]) => `${known}: What it does.  (Priv: ${classes},all)\r\n`,
        );
        return responseTo(action, 'Success', lines.join(''));
      }
      case 'CoreSettings':
        return responseTo(action, 'Success', `AMIversion: 11.0.0\r\nAsteriskVersion: ${version}\r\n`);
      case 'Ping':
        return responseTo(action, 'Success', `Ping: Pong\r\nTimestamp: ${now()}\r\n`);
      case 'GetConfig': {
        const lines = section(action.get('category') ?? '');
        if (lines === undefined) return responseTo(action, 'Success', 'No categories found\r\n');
        const numbered = lines.map((line, at) => `Line-000000-${String(at).padStart(6, '0')}: ${line}\r\n`);
        return responseTo(
          action,
          'Success',
          `Category-000000: ${action.get('category')}\r\n${numbered.join('')}`,
        );
      }
      case 'CoreShowChannels':
        lists += 1;
        return lists > 1 && account.channels ? channelList(action, account.channels) : answerOf(action);
      default:
        return answerOf(action);
    }
  };
  const stamp = timestampevents ? `Timestamp: ${now()}\r\n` : '';
  const stream = [
    ...(reads('system')
      ? ['Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n']
      : []),
    ...(reads('security')
      ? [
          `Event: SuccessfulAuth\r\nPrivilege: security,all\r\n${stamp}Service: AMI\r\nAccountID: webhooks\r\n\r\n`,
        ]
      : []),
  ];
  return { answer, stream: stream.join('') };
}

function classesOf(line: string): (name: string) => boolean {
  const classes = line.split(',');
  return (name) => classes.includes('all') || classes.includes(name);
}

function channelList(action: ReceivedAction, names: readonly string[]): string {
  const id = `ActionID: ${action.get('actionid')}\r\n`;
  const channels = names.map(
    (name, at) => `Event: CoreShowChannel\r\n${id}Channel: ${name}\r\nUniqueid: 1700000000.${at}\r\n\r\n`,
  );
  const start = responseTo(action, 'Success', 'EventList: start\r\nMessage: Channels will follow\r\n');
  return `${start}${channels.join('')}Event: CoreShowChannelsComplete\r\n${id}EventList: Complete\r\nListItems: ${names.length}\r\n\r\n`;
}
