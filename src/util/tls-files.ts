import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { reasonOf } from './error.ts';

/** File paths, as a person gives them. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly server_name?: string | undefined;
}

/** `ca`, `cert` and `key` are PEM texts, not paths. */
export interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

export interface TlsFileProblem {
  /** Undefined: the files can't be used together. */
  readonly key?: 'ca' | 'cert' | 'key' | undefined;
  readonly expected: string;
  readonly got: string;
}

export type TlsFilesResult =
  | { readonly ok: true; readonly tls: TlsMaterial }
  | { readonly ok: false; readonly problems: readonly TlsFileProblem[] };

/** Reads PEM files (relative ones count from `base`) and sees that they can be used together. */
export function readTlsFiles(files: TlsFiles, base: string): TlsFilesResult {
  const problems: TlsFileProblem[] = [];
  const read = (key: 'ca' | 'cert' | 'key'): string | undefined => {
    const file = files[key];
    if (file === undefined) return undefined;
    try {
      const text = readFileSync(resolve(base, file), 'utf8');
      if (text.includes('-----BEGIN ')) return text;
      problems.push({ key, expected: 'a PEM file', got: `${file}, which is none` });
    } catch (error) {
      problems.push({ key, expected: 'a readable PEM file', got: reasonOf(error) });
    }
    return undefined;
  };
  const tls = { ca: read('ca'), cert: read('cert'), key: read('key'), serverName: files.server_name };
  if (problems.length > 0) return { ok: false, problems };
  try {
    createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
    return { ok: true, tls };
  } catch (error) {
    return {
      ok: false,
      problems: [{ expected: 'a certificate and its unencrypted key', got: reasonOf(error) }],
    };
  }
}
