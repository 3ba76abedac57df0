/** Number and name of a caller id as telephony writes it, `"Alice Adams" <1001>`; what it leaves open is undefined. */
export function parseCallerId(text: string | undefined): {
  readonly number: string | undefined;
  readonly name: string | undefined;
} {
  const whole = text?.trim() ?? '';
  const start = whole.endsWith('>') ? whole.lastIndexOf('<') : -1;
  if (start !== -1) {
    const name = whole.slice(0, start).trim();
    return { number: whole.slice(start + 1, -1).trim() || undefined, name: unquoted(name) || undefined };
  }
  if (/^[+*#\d]+$/.test(whole)) return { number: whole, name: undefined };
  return { number: undefined, name: isUnknown(whole) ? undefined : unquoted(whole) };
}

/** What Asterisk writes where a caller has neither number nor name. */
function isUnknown(name: string): boolean {
  return name === '' || /^unknown(?: caller)?$/i.test(name);
}

function unquoted(name: string): string {
  return name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name;
}
