/**
 * Builds the dashboard into `dist/dashboard`, unless it is there and newer than all that it is made of. Runs before
 * `npm start` and `npm run demo` in a clone. Where the tools to build it were not installed the service goes without.
 */
import { readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
const SOURCES = ['src/dashboard', 'src/api/client', 'src/api/client.ts', 'package-lock.json'];

async function newest(path: URL): Promise<number> {
  const { mtimeMs } = await stat(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const times = entries.map(async (entry) => (await stat(`${entry.parentPath}/${entry.name}`)).mtimeMs);
  return Math.max(mtimeMs, ...(await Promise.all(times)));
}

const built = await stat(new URL('dist/dashboard/index.html', ROOT)).then(
  ({ mtimeMs }) => mtimeMs,
  () => 0,
);
const changed = await Promise.all(SOURCES.map((source) => newest(new URL(source, ROOT))));
if (built < Math.max(...changed)) await build();

async function build(): Promise<void> {
  const vite = await import('vite').catch(() => undefined);
  if (vite === undefined) {
    console.warn('The dashboard is not built: vite is not installed. `npm ci` installs it.');
    return;
  }
  await vite.build({ root: fileURLToPath(new URL('src/dashboard', ROOT)), logLevel: 'warn' });
}
