import { readFileSync } from 'node:fs';

const EMBEDDED = /(<!-- embed: (\S+)#(\S+) -->\n```\w+\n)[\s\S]*?(```)/g;

/** Text with each fence after `<!-- embed: file#name -->` as that region of the file is. */
export function withEmbedded(text: string, root: URL): string {
  return text.replaceAll(
    EMBEDDED,
    (_all, begin: string, file: string, name: string, end: string) =>
      `${begin}${regionOf(readFileSync(new URL(file, root), 'utf8'), name, file)}${end}`,
  );
}

/** The lines between `region <name>` and the next `endregion`, moved to the left. */
function regionOf(source: string, name: string, file: string): string {
  const lines = source.split('\n');
  const begin = lines.findIndex((line) => new RegExp(`(//|#) region ${name}$`).test(line.trim()));
  const end = lines.findIndex((line, at) => at > begin && /(\/\/|#) endregion$/.test(line.trim()));
  if (begin < 0 || end < 0) throw new Error(`${file} has no region ${name}`);
  const region = lines.slice(begin + 1, end);
  const indents = region.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const least = Math.min(...indents);
  return `${region
    .map((line) => line.slice(least))
    .join('\n')
    .trim()}\n`;
}
