import { createDeviceReader, type DeviceReader } from '../../telephony/devices.ts';
import type { RegistrationFact } from '../../telephony/registration-facts.ts';
import { contactKey, parseNameAddress, parseSipUri } from './address.ts';
import { headerOf, listOf, type SipRequest } from './message.ts';
import { RecentMap } from './recent-map.ts';
import type { Origin } from './registrar.ts';

/** One side of a call, as a SIP message names it. */
export interface Party {
  /** An extension's name, or the host that leads outside. */
  readonly endpoint: string;
  readonly number: string | undefined;
  readonly name: string | undefined;
}

export interface PartyOptions {
  readonly extensionPattern: RegExp;
  /** Hosts or addresses that lead outside, whatever numbers they show. */
  readonly trunks: readonly string[];
}

const MAX_CONTACTS = 50_000;

/** Tells devices of the PBX from the outside by what their messages say. */
export class Parties {
  readonly #reader: DeviceReader;
  readonly #trunks: ReadonlySet<string>;
  /** Whose a contact is, as its user part need not be the account's, and how its device writes it. */
  readonly #contacts = new RecentMap<string, { readonly account: string; readonly uri: string }>(
    MAX_CONTACTS,
  );

  constructor(options: PartyOptions) {
    this.#reader = createDeviceReader(options);
    this.#trunks = new Set(options.trunks.map((trunk) => trunk.replace(/^SIP\//, '').toLowerCase()));
  }

  learn(fact: RegistrationFact): void {
    if (fact.kind !== 'contacts.granted') return;
    for (const { uri, listedAs = uri } of fact.contacts) {
      if (uri === undefined || listedAs === undefined) continue;
      this.#contacts.set(contactKey(listedAs), { account: fact.account, uri });
      this.#contacts.set(contactKey(uri), { account: fact.account, uri });
    }
  }

  /** A contact as its device writes it, if one did: a registrar may list it in other words. */
  written(uri: string): string | undefined {
    return this.#contacts.get(contactKey(uri))?.uri;
  }

  /** Who sends an INVITE. */
  caller(request: SipRequest, { address = '' }: Origin): Party {
    const from = parseNameAddress(headerOf(request, 'from') ?? '');
    const asserted = parseNameAddress(listOf(request, 'p-asserted-identity')[0] ?? '');
    const user = parseSipUri(from.uri)?.user;
    const hosts = [parseSipUri(from.uri)?.host ?? '', address.toLowerCase()];
    const trunk = hosts.find((host) => this.#trunks.has(host));
    const extension = trunk === undefined && user !== undefined && this.#isExtension(user) ? user : undefined;
    return {
      endpoint: extension ?? trunk ?? (address || hosts[0] || 'unknown'),
      number: extension ?? parseSipUri(asserted.uri)?.user ?? user,
      name: asserted.name ?? from.name,
    };
  }

  /** Whom a request is sent to. */
  called(uri: string): Party {
    const { user, host = '' } = parseSipUri(uri) ?? {};
    const isTrunk = this.#trunks.has(host);
    const account = isTrunk ? undefined : (this.#contacts.get(contactKey(uri))?.account ?? user);
    const extension = account !== undefined && this.#isExtension(account) ? account : undefined;
    return { endpoint: extension ?? (host || 'unknown'), number: extension ?? user, name: undefined };
  }

  #isExtension(name: string): boolean {
    return this.#reader.extension(name) !== undefined;
  }
}
