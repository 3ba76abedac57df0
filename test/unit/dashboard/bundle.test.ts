import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-dashboard-'));
let files: readonly string[];
let page: string;

beforeAll(async () => {
  // As `npm run build` does it: within a test vite would build for tests.
  const args = ['build', 'src/dashboard', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'];
  await run('node_modules/.bin/vite', args, { env: { ...process.env, NODE_ENV: 'production' } });
  files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  page = readFileSync(join(folder, 'index.html'), 'utf8');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is less than 50 kB of script, compressed', () => {
  const scripts = files.filter((file) => file.endsWith('.js'));
  const sizes = scripts.map((file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length);
  expect(scripts.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(50_000);
});

it('names its assets by what they hold, relative to the page', () => {
  const names = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThanOrEqual(3);
  for (const name of names) expect(name).toMatch(/^\.\/assets\/\w+-[\w-]{8}\.(js|css|svg)$/);
});

it('has no script and no style within the page, and asks for nothing outside', () => {
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\bon\w+=/i);
  const outside = files
    .filter((file) => /\.(js|css|html)$/.test(file))
    .flatMap(
      (file) =>
        readFileSync(join(folder, file), 'utf8').match(
          /(?:url\(|from|import\(|src=)\s*["']?https?:[^"')]*/g,
        ) ?? [],
    );
  expect(outside).toEqual([]);
});
