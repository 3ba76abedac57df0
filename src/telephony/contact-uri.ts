import { isIP } from 'node:net';

/** What a SIP contact URI says of where the device is. */
export interface ContactUri {
  /** IP address, IPv6 without brackets; absent for a host name. */
  readonly address?: string;
  readonly port?: number;
  /** In lower case: `udp`, `tcp`, `tls`, `ws`, `wss`. */
  readonly transport?: string;
}

const HOST_ON = String.raw`(?:\[(?<v6>[^\]]+)\]|(?<host>[^:;?@\s[\]]+))(?::(?<port>\d+))?(?<more>[;?].*)?$`;
/** As RFC 3261 section 19.1.1 writes it. */
const STRICT = new RegExp(`^(?<scheme>sips?):(?:[^@]*@)?${HOST_ON}`, 'i');
/** With an `@` in the user part, as some devices write it. */
const LENIENT = new RegExp(`^(?<scheme>sips?):.*@${HOST_ON}`, 'i');

/** Reads a contact's URI; of one that is none, nothing. Without a transport it is UDP (RFC 3263 section 4.1). */
export function parseContactUri(uri: string): ContactUri {
  const bare = uri.trim().replace(/^<(.*)>$/, '$1');
  const parts = (STRICT.exec(bare) ?? LENIENT.exec(bare))?.groups;
  if (parts === undefined) return {};
  const address = parts['v6'] ?? parts['host'] ?? '';
  const port = Number(parts['port']);
  const named = /;transport=([\w-]+)/i.exec(parts['more'] ?? '')?.[1];
  return {
    ...(isIP(address) !== 0 && { address }),
    ...(port > 0 && port <= 65_535 && { port }),
    transport: named?.toLowerCase() ?? (parts['scheme']?.toLowerCase() === 'sips' ? 'tls' : 'udp'),
  };
}
