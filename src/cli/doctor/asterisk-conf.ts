import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';

/** One section of an Asterisk configuration file, templates filled in; of a repeated key all values, in order. */
export type ConfSection = readonly (readonly [key: string, value: string])[];

/** Sections by name; undefined where the file can't be read. */
export type Conf = ReadonlyMap<string, ConfSection>;

/** How deep files may include each other. */
const MAX_DEPTH = 5;
const MAX_FILES = 100;

/** Reads a file such as /etc/asterisk/manager.conf with all that it includes. Undefined if it can't be read. */
export function readConf(path: string): Conf | undefined {
  const sections = new Map<string, [string, string][]>();
  let current: [string, string][] | undefined;
  let files = 0;
  const read = (file: string, depth: number): boolean => {
    files += 1;
    if (depth > MAX_DEPTH || files > MAX_FILES) return false;
    const text = textOf(file);
    if (text === undefined) return false;
    for (const line of linesOf(text)) {
      const included = /^#(?:try)?include\s+[<"]?([^">]+)[">]?/.exec(line)?.[1];
      if (included !== undefined) {
        const pattern = isAbsolute(included) ? included : resolve(dirname(path), included);
        for (const each of globSync(pattern).toSorted()) read(each, depth + 1);
        continue;
      }
      const header = /^\[([^\]]+)\]\s*(?:\(([^)]*)\))?/.exec(line);
      if (header !== null) {
        current = sectionOf(sections, header[1] ?? '', header[2]);
        continue;
      }
      const [, key, value = ''] = /^([^=]+?)\s*=>?\s*(.*)$/.exec(line) ?? [];
      if (key !== undefined) current?.push([key, value]);
    }
    return true;
  };
  return read(path, 0) ? sections : undefined;
}

/** `[name]`, `[name](template,other)`, `[name](+)`: begins it with what its templates hold. */
function sectionOf(
  sections: Map<string, [string, string][]>,
  name: string,
  options: string | undefined,
): [string, string][] {
  const parts = options?.split(',').map((part) => part.trim()) ?? [];
  const known = sections.get(name);
  if (known !== undefined && parts.includes('+')) return known;
  const inherited = parts.flatMap((part) => sections.get(part) ?? []);
  const section: [string, string][] = [...inherited];
  sections.set(name, section);
  return section;
}

/** Without comments: `; to the end of a line`, `;-- over several --;`, and `\;` that is a semicolon. */
function linesOf(text: string): string[] {
  return text
    .replace(/;--[\s\S]*?--;/g, '')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(?<!\\);.*$/, '')
        .replaceAll('\\;', ';')
        .trim(),
    );
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The last value of a key, which is the one that counts. */
export function settingOf(section: ConfSection | undefined, key: string): string | undefined {
  return section?.findLast(([name]) => name.toLowerCase() === key)?.[1];
}

/** As Asterisk reads a truth value (ast_true). */
export function isTrue(value: string | undefined): boolean {
  return /^(?:yes|true|y|t|1|on)$/i.test(value ?? '');
}
