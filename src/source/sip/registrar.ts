import { isIP } from 'node:net';
import type { Contact, GrantFact, RegistrationFact } from '../../telephony/registration-facts.ts';
import { type Micros, micro } from '../../util/clock.ts';
import { parseNameAddress, parseSipUri } from './address.ts';
import { type Binding, grantsOf, type Origin, type Written } from './grants.ts';
import {
  hasCredentials,
  headerOf,
  listOf,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';

export type { Origin } from './grants.ts';

/** RFC 3261 section 10.2.1.1. */
const DEFAULT_SECONDS = 3_600;

/** A request and the application's answer to it. */
export interface Exchange {
  readonly request: SipRequest;
  readonly response: SipResponse;
  readonly origin: Origin;
  readonly at: Micros;
}

/** A REGISTER and its registrar's answer. */
export interface Registration extends Exchange {
  readonly written: Written;
}

/** What a REGISTER tells: of the login, and of what was granted. */
export function registrationFacts(registration: Registration): readonly RegistrationFact[] {
  const account = userOf(registration.request, 'to');
  if (account === undefined) return [];
  const { status } = registration.response;
  const login = loginFacts(registration, account);
  return status >= 200 && status < 300 ? [...login, grantOf(registration, account)] : login;
}

/** What an INVITE tells of who logs in to call. */
export function callerFacts(exchange: Exchange): readonly RegistrationFact[] {
  const account = userOf(exchange.request, 'from');
  return account === undefined ? [] : loginFacts(exchange, account);
}

function userOf(request: SipRequest, header: 'from' | 'to'): string | undefined {
  return parseSipUri(parseNameAddress(headerOf(request, header) ?? '').uri)?.user;
}

function loginFacts(
  { request, response, origin, at }: Exchange,
  account: string,
): readonly RegistrationFact[] {
  const login = { at, accountKind: 'sip', account, ...origin } as const;
  const { status } = response;
  const isQuestion = status === 401 || status === 407;
  if (!hasCredentials(request)) return isQuestion ? [{ kind: 'account.challenged', ...login }] : [];
  if (isQuestion && isStale(response)) return [{ kind: 'account.challenged', ...login }];
  // A call may be forbidden for other reasons than its password.
  const isRefused = isQuestion || (status === 403 && request.method === 'REGISTER');
  if (isRefused) return [{ kind: 'account.refused', reason: 'wrong_password', ...login }];
  return status >= 200 && status < 300 ? [{ kind: 'account.authenticated', ...login }] : [];
}

/** The password may be good, but the challenge that it answers is too old. */
function isStale(response: SipMessage): boolean {
  const challenge = headerOf(response, 'www-authenticate') ?? headerOf(response, 'proxy-authenticate') ?? '';
  return /\bstale="?true/i.test(challenge);
}

function grantOf({ request, response, origin, at, written }: Registration, account: string): GrantFact {
  const userAgent = headerOf(request, 'user-agent');
  const asked = bindingsOf(request);
  const seen = seenFrom(request, origin);
  const grants = grantsOf(asked, bindingsOf(response), seen, written);
  const contactOf = ({ uri }: Binding): Contact => ({ accountKind: 'sip', account, uri });
  const timed = (contact: Contact, seconds: number): Contact => ({
    ...contact,
    expiresAt: micro(at + seconds * 1e6),
    lifetime: seconds * 1e6,
  });
  const contacts: Contact[] = [];
  const removed: Contact[] = [];
  for (const binding of asked) {
    const grant = grants.of.get(binding);
    // Some registrars answer without naming what they granted.
    const seconds =
      grant?.seconds ?? secondsOf(headerOf(response, 'expires')) ?? binding.seconds ?? DEFAULT_SECONDS;
    if (seconds === 0 || binding.seconds === 0) removed.push(contactOf(binding));
    else {
      const device = binding.instance ?? request.callId;
      contacts.push({
        ...timed(contactOf(binding), seconds),
        ...seen,
        userAgent,
        device,
        ...(grant !== undefined && { listedAs: grant.uri }),
      });
    }
  }
  return {
    kind: 'contacts.granted',
    at,
    accountKind: 'sip',
    account,
    contacts,
    others: grants.others.map(({ uri, seconds = DEFAULT_SECONDS }) =>
      timed({ accountKind: 'sip', account, uri: written(uri) ?? uri }, seconds),
    ),
    removed: listOf(request, 'contact').includes('*') ? 'all' : removed,
  };
}

/** The contacts of a REGISTER or of its answer, each with its own expiry, else the whole message's. */
function bindingsOf(message: SipMessage): Binding[] {
  const common = secondsOf(headerOf(message, 'expires'));
  return listOf(message, 'contact')
    .map((text) => {
      const { uri, params } = parseNameAddress(text);
      const instance = params.get('+sip.instance');
      const flow = params.get('reg-id');
      return {
        uri,
        seconds: secondsOf(params.get('expires')) ?? common,
        // One device may hold several connections, each with a contact (RFC 5626).
        instance: instance === undefined || flow === undefined ? instance : `${instance} ${flow}`,
      };
    })
    .filter(({ uri }) => uri !== '*');
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** A device behind another proxy has that proxy's address in the server's eyes: its own stands in the first Via. */
function seenFrom(request: SipRequest, origin: Origin): Origin {
  const vias = listOf(request, 'via');
  const first = vias.at(-1);
  if (vias.length < 2 || first === undefined) return origin;
  const { params } = parseNameAddress(first);
  const port = Number(params.get('rport'));
  const address = params.get('received') ?? '';
  if (isIP(address) === 0) return { address: undefined, port: undefined };
  return { address, port: port > 0 && port <= 65_535 ? port : undefined };
}
