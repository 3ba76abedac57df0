/** What a PBX without phones and calls answers; enough for a client that logs in and takes stock. */

/** Header names in lower case. */
export type ReceivedAction = ReadonlyMap<string, string>;

/** Actions that answer with a list, and the event that ends it (docs.asterisk.org, AMI actions). */
const LISTS: Readonly<Record<string, string>> = {
  bridgelist: 'BridgeListComplete',
  confbridgelistrooms: 'ConfbridgeListRoomsComplete',
  coreshowchannels: 'CoreShowChannelsComplete',
  devicestatelist: 'DeviceStateListComplete',
  iaxpeerlist: 'PeerlistComplete',
  parkedcalls: 'ParkedCallsComplete',
  pjsipshowcontacts: 'ContactListComplete',
  pjsipshowendpoints: 'EndpointListComplete',
  pjsipshowregistrationinboundcontactstatuses: 'ContactStatusDetailComplete',
  queuestatus: 'QueueStatusComplete',
  queuesummary: 'QueueSummaryComplete',
  sippeers: 'PeerlistComplete',
  status: 'StatusComplete',
  voicemailuserslist: 'VoicemailUserEntryComplete',
};

/** Headers of the plain answers; the rest answers like an Asterisk without that module. */
const PLAIN: Readonly<Record<string, string>> = {
  events: 'Events: On\r\n',
  filter: 'Message: Filter added successfully\r\n',
  ping: 'Ping: Pong\r\n',
};

export function parseAction(text: string): ReceivedAction {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

export function responseTo(action: ReceivedAction, outcome: 'Success' | 'Error', headers: string): string {
  const actionId = action.get('actionid');
  const id = actionId === undefined ? '' : `ActionID: ${actionId}\r\n`;
  return `Response: ${outcome}\r\n${id}${headers}\r\n`;
}

/** The answer to any action but `Login` and `Logoff`. */
export function answerOf(action: ReceivedAction): string {
  const name = action.get('action')?.toLowerCase() ?? '';
  const plain = PLAIN[name];
  if (plain !== undefined) return responseTo(action, 'Success', plain);
  const complete = LISTS[name];
  if (complete === undefined) return responseTo(action, 'Error', 'Message: Invalid/unknown command\r\n');
  const start = responseTo(action, 'Success', 'EventList: start\r\nMessage: A listing follows\r\n');
  const id = action.get('actionid') ?? '';
  return `${start}Event: ${complete}\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n`;
}
