type TokenKind = 'plain' | 'key' | 'string' | 'value';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Text that is JSON, indented for people; undefined when it is none. */
export function prettyJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;

/** Indented JSON in the pieces that are coloured apart; joined they are the text again. */
export function jsonTokens(json: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of json.matchAll(TOKENS)) {
    const [all, quoted, colon = ''] = match;
    tokens.push({ kind: 'plain', text: json.slice(end, match.index) });
    if (quoted === undefined) tokens.push({ kind: 'value', text: all });
    else tokens.push({ kind: colon === '' ? 'string' : 'key', text: quoted }, { kind: 'plain', text: colon });
    end = match.index + all.length;
  }
  tokens.push({ kind: 'plain', text: json.slice(end) });
  return tokens.filter(({ text }) => text !== '');
}

/** The first `most` lines, and how many there are. */
export function firstLines(text: string, most: number): { readonly head: string; readonly lines: number } {
  const lines = text.split('\n');
  return { head: lines.slice(0, most).join('\n'), lines: lines.length };
}
