import { isAbsolute } from 'node:path';
import type { Admission } from '../delivery/admission.ts';
import type { TlsOption } from '../model/subscription-options.ts';
import { readTlsFiles } from '../util/tls-files.ts';
import { Problem, type ProblemDetail } from './problem.ts';

/** What of a subscription can be refused for where it leads, or for what it needs on this machine. */
export interface Asked {
  /** Undefined: stays as it is. */
  readonly url?: string | undefined;
  readonly tls?: TlsOption | null | undefined;
}

/** Throws a {@link Problem} when events can't be sent as asked for. */
export async function admit({ url, tls }: Asked, admission: Admission): Promise<void> {
  const details = tls === undefined || tls === null ? [] : tlsProblems(tls);
  if (details.length > 0) {
    throw new Problem('invalid_request', `${details[0]?.path} ${details[0]?.message}`, details);
  }
  const message = url === undefined ? undefined : await admission.refusal(url);
  if (message !== undefined) {
    throw new Problem('refused_address', `url is refused: ${message}`, [{ path: 'url', message }]);
  }
}

function tlsProblems(tls: TlsOption): readonly ProblemDetail[] {
  const relative = (['ca', 'cert', 'key'] as const).filter((key) => !isAbsolute(tls[key] ?? '/'));
  if (relative.length > 0) {
    return relative.map((key) => ({ path: `tls.${key}`, message: 'must be an absolute path' }));
  }
  const read = readTlsFiles(tls, '/');
  if (read.ok) return [];
  return read.problems.map(({ key, expected, got }) => ({
    path: key === undefined ? 'tls' : `tls.${key}`,
    message: `must be ${expected}; got ${got}`,
  }));
}
