import { resolve } from 'node:path';

const SQLITE = /^sqlite:(?:\/\/(?=\/))?(?!\/\/)(.+)$/;

/** Undefined when the URL is good, else what it should be. */
export function storeUrlProblem(url: string): string | undefined {
  if (/^postgres(ql)?:/.test(url)) return 'must be sqlite:<path> (PostgreSQL is not supported yet)';
  const path = SQLITE.exec(url)?.[1];
  if (path === undefined || path.includes('\0'))
    return 'must be sqlite:<path>, such as sqlite:./data/webhooks.db';
  if (path.startsWith(':'))
    return 'must be sqlite:<path> of a file: what is only in memory is lost with the process';
  if (/[/\\]$/.test(path)) return 'must be sqlite:<path> of a file, not of a directory';
  return undefined;
}

/** The absolute path of a good store URL; a relative one counts from `base`. */
export function storePath(url: string, base: string): string {
  return resolve(base, SQLITE.exec(url)?.[1] ?? url);
}
