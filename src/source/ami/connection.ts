/**
 * One packet of the Asterisk manager interface: header names in lower case, of a repeated header the first
 * value, on an object without prototype, so that a header named `constructor` is nothing special.
 */
export type AmiPacket = Readonly<Record<string, string | undefined>>;

/** Fields of an action. A CR, LF or NUL in a key or value is refused: it would be a second action. */
export type AmiAction = Readonly<{ Action: string } & Record<string, string>>;
