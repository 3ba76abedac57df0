import { answerChallenge } from './digest.ts';
import { header, type SipRequest, type SipResponse } from './message.ts';
import type { ClientTransaction, Endpoint, Transactions } from './transactions.ts';

/** What a phone and its calls share: the socket, who it is, and how it logs in. */
export interface Line {
  readonly transactions: Transactions;
  readonly user: string;
  readonly password: string;
  /** Value of the Contact header. */
  readonly contact: string;
  readonly userAgent: string;
  /** Where the sound of one more call goes: a port that no other call of this phone has. */
  mediaEndpoint(): Endpoint;
}

const ALLOWED = 'INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, INFO';

/** Headers that every request and response of a phone bears. */
export function ownHeaders(line: Line): SipRequest['headers'] {
  return [
    ['User-Agent', line.userAgent],
    ['Allow', ALLOWED],
    ['Supported', 'replaces'],
  ];
}

export const SDP: SipRequest['headers'][number] = ['Content-Type', 'application/sdp'];

interface Hooks {
  readonly onProvisional?: (response: SipResponse) => void;
  /** Gets each transaction as it begins: the second one is the request with the credentials. */
  readonly onSent?: (transaction: ClientTransaction) => void;
}

/** Sends what `build` makes, and once more with credentials when it is challenged. */
export async function requestLoggedIn(
  line: Line,
  build: (headers: SipRequest['headers']) => SipRequest,
  { onProvisional, onSent }: Hooks = {},
): Promise<SipResponse> {
  const send = (headers: SipRequest['headers']): [SipRequest, ClientTransaction] => {
    const request = build([...ownHeaders(line), ...headers]);
    const transaction = line.transactions.request(request, onProvisional);
    onSent?.(transaction);
    return [request, transaction];
  };
  const [request, first] = send([]);
  const response = await first.final;
  const challenge = CHALLENGES.get(response.status);
  if (challenge === undefined) {
    return response;
  }
  const credentials = { username: line.user, password: line.password };
  const answer = answerChallenge(header(response, challenge.asked), request.method, request.uri, credentials);
  return send([[challenge.answered, answer]])[1].final;
}

const CHALLENGES = new Map([
  [401, { asked: 'WWW-Authenticate', answered: 'Authorization' }],
  [407, { asked: 'Proxy-Authenticate', answered: 'Proxy-Authorization' }],
]);
