/** A receiver's address as people know it: the host, and beside it the rest. */
export function addressParts(url: string): { readonly host: string; readonly rest: string } {
  const parsed = URL.parse(url);
  if (parsed === null) return { host: url, rest: '' };
  const rest = `${parsed.pathname}${parsed.search}`;
  return { host: parsed.host, rest: rest === '/' ? '' : rest };
}

/** The address where it may be followed: nothing but http and https. */
export function safeLink(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:' ? parsed.href : undefined;
}
