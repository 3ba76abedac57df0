import { cpSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Copies the project as a clone would have it: without what git ignores. */
export function cloneInto(folder: string): void {
  const ignored = ['.git', ...readFileSync('.gitignore', 'utf8').split('\n')].map((line) =>
    line.replace(/\/$/, ''),
  );
  cpSync('.', folder, {
    recursive: true,
    filter: (path) => !ignored.includes(basename(path)) && !path.endsWith('.log'),
  });
}

/** The environment of a shell that was not started by npm or vitest; its PATH has nothing of this project. */
export function shellEnvironment(): Record<string, string | undefined> {
  const own =
    /^(VITEST|npm_(command|execpath|lifecycle|package|node)|npm_config_(local_)?prefix$)|^(NODE_ENV|TEST|INIT_CWD)$/;
  const env = Object.keys(process.env).filter((name) => own.test(name));
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(env.map((name) => [name, undefined])), PATH: path.join(':') };
}
