import { recipientsIn } from './recipients.ts';
import { acceptsAll } from './type-condition.ts';

/** What a list looks for: events of some types, or deliveries of them to some subscriptions. */
export interface Sought {
  /** Patterns; undefined: any. */
  readonly types?: readonly string[] | undefined;
  /** Keys; undefined: any, and events that nobody gets. */
  readonly subscriptions?: readonly number[] | undefined;
}

/** Gathers which types there are, and who gets each: as text, a line for each type, `\ntype key key `. */
export class ZoneContents {
  readonly #keys = new Map<string, Set<number>>();
  /** Of each type the recipients of the latest event: mostly those of the next one. */
  readonly #latest = new Map<string, string>();

  /** @param recipients packed; an empty text: nobody. */
  add(type: string, recipients: string): void {
    if (this.#latest.get(type) === recipients) return;
    this.#latest.set(type, recipients);
    const keys = this.#keysOf(type);
    for (const [, key] of recipientsIn(recipients)) keys.add(key);
  }

  addOne(type: string, subscription: number): void {
    this.#keysOf(type).add(subscription);
  }

  toString(): string {
    const lines = Array.from(this.#keys, ([type, keys]) => `\n${type} ${Array.from(keys, markOf).join('')}`);
    return lines.join('');
  }

  #keysOf(type: string): Set<number> {
    let keys = this.#keys.get(type);
    if (keys === undefined) {
      keys = new Set();
      this.#keys.set(type, keys);
    }
    return keys;
  }
}

/** What a zone holds whose contents nobody noted: it was there before zones were. */
const UNKNOWN = '*';

/** Says of a zone's contents whether what is sought may be among them. */
export function seeking({ types, subscriptions }: Sought): (contents: string) => boolean {
  const marks = subscriptions?.map((key) => ` ${markOf(key)}`);
  const isWanted = (lines: string): boolean => marks?.some((mark) => lines.includes(mark)) ?? true;
  if (types === undefined || acceptsAll(types))
    return (contents) => contents === UNKNOWN || isWanted(contents);
  const beginnings = types.map((type) => `\n${type.endsWith('*') ? type.slice(0, -1) : `${type} `}`);
  return (contents) =>
    contents === UNKNOWN ||
    beginnings.some((beginning) => linesOf(contents, beginning).some((line) => isWanted(line)));
}

function linesOf(contents: string, beginning: string): readonly string[] {
  const lines: string[] = [];
  for (let begin = contents.indexOf(beginning); begin >= 0; begin = contents.indexOf(beginning, begin + 1)) {
    const end = contents.indexOf('\n', begin + 1);
    lines.push(contents.slice(begin, end < 0 ? undefined : end));
  }
  return lines;
}

function markOf(subscription: number): string {
  return `${subscription.toString(36)} `;
}
