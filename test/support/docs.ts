import { globSync, readFileSync } from 'node:fs';

/** A fenced block of a Markdown file. */
export interface Fence {
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

export interface Heading {
  readonly text: string;
  /** As GitHub makes it. */
  readonly anchor: string;
}

/** Everything that is written for people, from the root of the repository. */
export const DOC_FILES: readonly string[] = [
  ...globSync('*.md'),
  ...globSync('docs/*.md'),
  ...globSync('examples/*.md'),
].sort();

export function readDoc(file: string): string {
  return readFileSync(file, 'utf8');
}

/** Blocks in lists are moved to the left. */
export function fencesOf(file: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open:
    | { readonly indent: string; readonly language: string; readonly line: number; readonly lines: string[] }
    | undefined;
  for (const [index, line] of readDoc(file).split('\n').entries()) {
    const [, indent = '', language = ''] = /^( *)```(\w*)/.exec(line) ?? [];
    const isFence = line.trimStart().startsWith('```');
    if (open === undefined) {
      if (isFence) open = { indent, language, line: index + 2, lines: [] };
    } else if (isFence) {
      fences.push({ file, line: open.line, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  if (open !== undefined) throw new Error(`${file}: the fence before line ${open.line} has no end`);
  return fences;
}

export function fencesIn(...languages: readonly string[]): readonly Fence[] {
  return DOC_FILES.flatMap(fencesOf).filter(({ language }) => languages.includes(language));
}

/** Text outside of fences. */
export function proseOf(file: string): string {
  return readDoc(file).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** The second of two headings that are alike has -1 behind its anchor, and so on. */
export function headingsOf(file: string): readonly Heading[] {
  const seen = new Map<string, number>();
  return [...proseOf(file).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, text = '']) => {
    const anchor = text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return { text, anchor: before === 0 ? anchor : `${anchor}-${before}` };
  });
}
