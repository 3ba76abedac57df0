import { splitOutside } from './message.ts';

/** `"Alice" <sip:1001@10.0.0.5:5062;transport=tcp>;tag=1`, as From, To, Contact and Refer-To write it. */
export interface NameAddress {
  readonly name: string | undefined;
  readonly uri: string;
  /** Names in lower case; of a name that is repeated, the first counts. */
  readonly params: ReadonlyMap<string, string>;
}

export interface SipUri {
  /** Number or name, its escapes undone, without parameters of its own; undefined where there is none. */
  readonly user: string | undefined;
  /** In lower case, IPv6 without brackets; '' of a `tel:` URI. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: ReadonlyMap<string, string>;
  /** What follows the question mark: headers of the request that the URI asks for. */
  readonly headers: ReadonlyMap<string, string>;
}

export function parseNameAddress(text: string): NameAddress {
  const [first = '', ...params] = splitOutside(text, ';');
  const open = first.indexOf('<', QUOTED.exec(first)?.[0].length);
  const close = open === -1 ? -1 : first.indexOf('>', open);
  if (close === -1) return { name: undefined, uri: first, params: paramsOf(params) };
  const [name, uri] = [first.slice(0, open).trim(), first.slice(open + 1, close).trim()];
  return { name: unquoted(name) || undefined, uri, params: paramsOf(params) };
}

/** A name in quotes may hold angle brackets. */
const QUOTED = /^"[^"\\]*(?:\\.[^"\\]*)*"/s;

/** Undefined for what is neither a SIP nor a telephone URI. */
export function parseSipUri(uri: string): SipUri | undefined {
  const tel = /^tel:([^;?]+)/i.exec(uri)?.[1];
  const nothing = new Map<string, string>();
  if (tel !== undefined) {
    return { user: tel.replace(/[-.()]/g, ''), host: '', port: undefined, params: nothing, headers: nothing };
  }
  const parts = /^sips?:(?:([^@]*)@)?(\[[^\]]+\]|[^:;?@[\]]+)(?::(\d+))?(;[^?]*)?(?:\?(.*))?$/is.exec(uri);
  if (parts === null) return undefined;
  const [, user, host = '', port, params = '', headers = ''] = parts;
  return {
    user: user === undefined ? undefined : unescaped(user.split(/[;:]/)[0] ?? '') || undefined,
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params: paramsOf(params.split(';').filter((part) => part !== '')),
    headers: paramsOf(
      headers.split('&').filter((part) => part !== ''),
      unescaped,
    ),
  };
}

/** One device's address, however it is written: RFC 3261 section 19.1.4, as far as registrars differ in practice. */
export function contactKey(uri: string): string {
  const parsed = parseSipUri(uri);
  if (parsed === undefined) return uri;
  const { user = '', host, port, params } = parsed;
  return `${user}@${host}:${port ?? ''};${params.get('transport')?.toLowerCase() ?? 'udp'}`;
}

function paramsOf(parts: readonly string[], read = (value: string) => value): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (!params.has(name))
      params.set(name, equals === -1 ? '' : read(unquoted(part.slice(equals + 1).trim())));
  }
  return params;
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text;
}

/** Of a text that no decoder reads, the text itself. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
