import type { Contact } from './registration-facts.ts';

/** Whether a contact is where another one was: the account's device has moved. */
export function isMoved(known: Contact, told: Contact): boolean {
  // Of a device behind NAT the port changes with every connection that it makes.
  if (told.lifetime !== undefined && told.address !== undefined) {
    return (known.address ?? told.address) !== told.address;
  }
  if (told.uri !== undefined || told.address === undefined || known.address === undefined) return false;
  // IAX tells the port in its list only.
  const isSamePort = told.port === undefined || known.port === undefined || told.port === known.port;
  return told.address !== known.address || !isSamePort;
}

/** What `told` says, and what else is known. */
export function merged(known: Contact, told: Contact): Contact {
  return {
    ...told,
    address: told.address ?? known.address,
    port: told.port ?? known.port,
    userAgent: told.userAgent ?? known.userAgent,
    expiresAt: told.expiresAt ?? known.expiresAt,
    lifetime: told.lifetime ?? known.lifetime,
    device: told.device ?? known.device,
  };
}
