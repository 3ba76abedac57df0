/** Places of a dial plan that are no number that anyone dialled. */
const PLACES: ReadonlySet<string> = new Set([
  's',
  'h',
  'i',
  't',
  'T',
  'a',
  'o',
  'e',
  'fax',
  'failed',
  'start',
]);

/** Caller ids by which networks say that the caller withheld its number. */
const WITHHELD: ReadonlySet<string> = new Set([
  'anonymous',
  'private',
  'restricted',
  'unavailable',
  'unknown',
  'withheld',
]);

/** A number that a person can dial; undefined for `s` and the like. */
export function dialledNumber(exten: string | undefined): string | undefined {
  return exten === undefined || PLACES.has(exten) ? undefined : exten;
}

/** A caller's number; undefined when it is not known or withheld. */
export function shownNumber(number: string | undefined): string | undefined {
  return number === undefined || WITHHELD.has(number.toLowerCase()) ? undefined : number;
}

/** Seven digits or more, or in international form: no service and no extension looks like this. */
export function looksOutside(number: string): boolean {
  return /^(?:\+|00)?\d{7,}$/.test(number) || /^\+\d+$/.test(number);
}

/**
 * The number that a dial string sends to a trunk: `4915112345@trunk1`, `trunk1/4915112345`,
 * `trunk1/sip:4915112345@10.0.0.1`, `user:secret@host/4915112345@context`, `g1/4915112345`.
 */
export function sentNumber(dialString: string): string | undefined {
  const uri = /sips?:([^@;>/]+)@/.exec(dialString);
  if (uri?.[1] !== undefined) return uri[1];
  const called = dialString.slice(dialString.lastIndexOf('/') + 1);
  const at = called.indexOf('@');
  return (at === -1 ? called : called.slice(0, at)) || undefined;
}

/** Whether a trunk was sent the number that was dialled, give or take the prefixes that a dial plan strips or adds. */
export function sameNumber(dialled: string, sent: string): boolean {
  const a = dialled.replace(/^\+/, '');
  const b = sent.replace(/^\+/, '');
  return a.endsWith(b) || (a.length >= 5 && b.endsWith(a));
}

/** The number that a queue member's device stands for, if its name tells: `Local/1003@agents/n` is 1003. */
export function localNumber(device: string): string | undefined {
  return /^Local\/([^@/]+)@/.exec(device)?.[1];
}
