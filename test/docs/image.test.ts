import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const dockerfile = readFileSync('Dockerfile', 'utf8');

/** Files and folders beside `src` that the program reads while it runs. */
const read = globSync('src/**/*.ts').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/new URL\('((?:\.\.\/)+[^']+)', import\.meta\.url\)/g)]
    .map(([, path = '']) => normalize(join(dirname(file), path)))
    .filter((path) => !path.startsWith('src/')),
);

test('the image has every file that the program reads', () => {
  const [, ...stages] = dockerfile.split(/^FROM /m).slice(1);
  const copied = [...(stages[0] ?? '').matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap(([, files = '']) =>
    files.split(' ').map((path) => path.replace('/app/', '')),
  );
  expect(read).toEqual(expect.arrayContaining(['package.json', 'openapi.json', 'demo/day.ami']));
  expect(read.filter((path) => !copied.some((one) => path === one || path.startsWith(`${one}/`)))).toEqual(
    [],
  );
});

test('nothing that the image is built from is left out of what is sent to Docker', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const needed = [...(scripts['build'] ?? '').matchAll(/\b(scripts|src|tsconfig[\w.]*)/g)].map(
    ([name]) => name,
  );
  expect(needed.length).toBeGreaterThan(0);
  expect(needed.filter((name) => ignored.includes(name))).toEqual([]);
});

test('compose.yml gives the plugin the configuration that deploy/ has', () => {
  const { services } = z
    .object({ services: z.record(z.string(), z.object({ volumes: z.array(z.string()).optional() })) })
    .parse(parse(readFileSync('compose.yml', 'utf8')));
  expect(services['webhooks']?.volumes).toContain('./deploy/config.yml:/etc/pbx-webhooks/config.yml:ro');
  expect(dockerfile).toContain('"--config", "/etc/pbx-webhooks/config.yml"');
});
