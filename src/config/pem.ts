import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../util/error.ts';
import type { TlsConfig } from './config.ts';
import { expectedGot } from './error.ts';
import { formatPath, type KeyPath } from './key-path.ts';
import type { Problem } from './validate.ts';

/** File paths, as the configuration gives them. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly server_name?: string | undefined;
}

export type TlsResult =
  | { readonly ok: true; readonly tls: TlsConfig }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads PEM files (relative ones count from `base`) and sees that they can be used together. */
export function readTls(files: TlsFiles, keys: KeyPath, base: string): TlsResult {
  const problems: Problem[] = [];
  const read = (name: 'ca' | 'cert' | 'key'): string | undefined => {
    const file = files[name];
    if (file === undefined) return undefined;
    try {
      const text = readFileSync(resolve(base, file), 'utf8');
      if (text.includes('-----BEGIN ')) return text;
      problems.push(problem([...keys, name], 'a PEM file', `${file}, which is none`));
    } catch (error) {
      problems.push(problem([...keys, name], 'a readable PEM file', reasonOf(error)));
    }
    return undefined;
  };
  const tls = { ca: read('ca'), cert: read('cert'), key: read('key'), serverName: files.server_name };
  if (problems.length > 0) return { ok: false, problems };
  try {
    createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
    return { ok: true, tls };
  } catch (error) {
    return { ok: false, problems: [problem(keys, 'a certificate and its unencrypted key', reasonOf(error))] };
  }
}

function problem(keys: KeyPath, expected: string, got: string): Problem {
  return { keys, at: 'value', issue: { path: formatPath(keys), ...expectedGot(expected, got) } };
}
