import { readTlsFiles, type TlsFiles, type TlsMaterial } from '../util/tls-files.ts';
import { expectedGot } from './error.ts';
import { formatPath, type KeyPath } from './key-path.ts';
import type { Problem } from './validate.ts';

export type TlsResult =
  | { readonly ok: true; readonly tls: TlsMaterial }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the PEM files of a `tls` that stands at `keys`. */
export function readTls(files: TlsFiles, keys: KeyPath, base: string): TlsResult {
  const read = readTlsFiles(files, base);
  if (read.ok) return read;
  const problems = read.problems.map(({ key, expected, got }): Problem => {
    const at = key === undefined ? keys : [...keys, key];
    return { keys: at, at: 'value', issue: { path: formatPath(at), ...expectedGot(expected, got) } };
  });
  return { ok: false, problems };
}
