import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOC_FILES, headingsOf, proseOf, readDoc } from '../support/docs.ts';

interface Link {
  readonly target: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

/** Links to files and headings of this repository. */
function linksOf(file: string): readonly Link[] {
  const prose = proseOf(file).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    return [{ target, file: path === '' ? file : normalize(join(dirname(file), path)), anchor }];
  });
}

test('there is documentation with links in it', () => {
  expect(DOC_FILES).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/README.md']));
  expect(DOC_FILES.flatMap(linksOf).length).toBeGreaterThan(100);
});

describe.each(DOC_FILES)('%s', (file) => {
  test('has no link to a file or heading that is not there', () => {
    const broken = linksOf(file).filter(({ file: path, anchor }) => {
      if (!existsSync(path)) return true;
      return anchor !== undefined && !headingsOf(path).some((heading) => heading.anchor === anchor);
    });
    expect(broken.map(({ target }) => target)).toEqual([]);
  });

  test('names no file of this repository that is not there', () => {
    const named = [
      ...proseOf(file).matchAll(/`((?:deploy|docs|examples|scripts|src|test|bench|demo)\/[\w./-]*\w)`/g),
    ];
    expect(
      named.map(([, path = '']) => path).filter((path) => !path.includes('NAME') && !existsSync(path)),
    ).toEqual([]);
  });
});

test.each(DOC_FILES)('%s shows no picture that is not there', (file) => {
  const pictures = [...readDoc(file).matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, path = '']) =>
    join(dirname(file), path),
  );
  expect(pictures.filter((path) => !existsSync(path))).toEqual([]);
});

test('CONTRIBUTING.md tells of every kind of test', () => {
  const kinds = globSync('test/*/').map((path) => basename(path));
  const told = [...readDoc('CONTRIBUTING.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  const others = ['fixtures', 'support'];
  expect(kinds.filter((kind) => !others.includes(kind)).sort()).toEqual(told.sort());
});

test('docs/README.md leads to every file beside it', () => {
  const linked = new Set(linksOf('docs/README.md').map(({ file }) => file));
  const others = DOC_FILES.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  expect(others.filter((file) => !linked.has(file))).toEqual([]);
});

test('README.md is short', () => {
  expect(readDoc('README.md').split('\n').length).toBeLessThan(200);
});
