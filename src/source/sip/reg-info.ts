import { parseSipUri } from './address.ts';

/** A registrar's report on accounts (RFC 3680, `application/reginfo+xml`). */
export interface RegInfo {
  readonly version: number;
  /** All that there is; otherwise only what changed since the version before. */
  readonly isFull: boolean;
  readonly registrations: readonly Registration[];
}

export interface Registration {
  /** User part of the address of record. */
  readonly account: string;
  readonly state: string;
  readonly contacts: readonly ReportedContact[];
}

export interface ReportedContact {
  readonly id: string;
  readonly uri: string;
  readonly isActive: boolean;
  /** Why it came to this: `registered`, `refreshed`, `expired`, `unregistered`, `rejected` … */
  readonly event: string;
  readonly expires: number | undefined;
  /** What tells its device from others. */
  readonly device: string | undefined;
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

/** Characters of a report: far more than any account has contacts for. */
export const MAX_REPORT = 65_536;

/** Undefined for what is no such report. */
export function parseRegInfo(xml: string): RegInfo | undefined {
  const root = parseXml(xml);
  const version = Number(root?.attributes.get('version'));
  if (root?.name !== 'reginfo' || !Number.isSafeInteger(version)) return undefined;
  return {
    version,
    isFull: root.attributes.get('state') !== 'partial',
    registrations: childrenOf(root, 'registration').flatMap((element) => registrationOf(element)),
  };
}

function registrationOf(element: Element): Registration[] {
  const account = parseSipUri(element.attributes.get('aor') ?? '')?.user;
  if (account === undefined) return [];
  const state = element.attributes.get('state') ?? '';
  return [{ account, state, contacts: childrenOf(element, 'contact').map(contactOf) }];
}

function contactOf(element: Element): ReportedContact {
  const { attributes } = element;
  const instance = childrenOf(element, 'unknown-param').find(
    (param) => param.attributes.get('name') === '+sip.instance',
  );
  const expires = attributes.get('expires');
  return {
    id: attributes.get('id') ?? '',
    uri: childrenOf(element, 'uri')[0]?.text.trim() ?? '',
    isActive: attributes.get('state') === 'active',
    event: attributes.get('event') ?? '',
    expires: expires === undefined ? undefined : Number(expires),
    device: instance?.text.trim() || attributes.get('callid'),
  };
}

function childrenOf(element: Element, name: string): Element[] {
  return element.children.filter((child) => child.name === name);
}

/**
 * Attributes within a tag may hold a `>`, but no `<`. Both patterns read a text in one go: none of their parts may take
 * what another one could, or start within what another start has tried.
 */
const TOKEN =
  /<[?!][^<>]*>|<(\/?)(?:[\w.-]+:)?([\w.-]+)(?![\w.:-])((?:"[^"<]*"|'[^'<]*'|[^<>"'])*)>|([^<]+)/g;
const ATTRIBUTE = /(?<![\w.:-])([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** As much of XML as registrars write: elements, attributes, text and the five entities; prefixes are dropped. */
function parseXml(xml: string): Element | undefined {
  const top: Element = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [top];
  for (const [, slash, name, rest = '', text] of withoutComments(xml).matchAll(TOKEN)) {
    const current = open.at(-1) ?? top;
    if (text !== undefined) current.text += decoded(text);
    if (name === undefined) continue;
    if (slash === '/') open.pop();
    else {
      const element: Element = { name, attributes: attributesOf(rest), children: [], text: '' };
      current.children.push(element);
      if (!rest.endsWith('/')) open.push(element);
    }
  }
  return top.children[0];
}

function withoutComments(xml: string): string {
  const [first = '', ...rest] = xml.split('<!--');
  const after = rest.map((part) => {
    const end = part.indexOf('-->');
    return end === -1 ? '' : part.slice(end + 3);
  });
  return first + after.join('');
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [
      name,
      decoded(double ?? single ?? ''),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
