import type { Subscription } from '../model/subscription.ts';
import { readTlsFiles } from '../util/tls-files.ts';
import type { Target } from './sender/protocol.ts';

export interface AccessRules {
  /** `network.allow`. */
  readonly allow: readonly string[];
  /** Whether the config file names the subscription; its author runs the PBX and may send anywhere. */
  readonly namedByConfig: boolean;
}

/** How a subscription's receiver may be connected to. Files are read now. */
export function accessOf(
  { options }: Subscription,
  { allow, namedByConfig }: AccessRules,
): Pick<Target, 'allow' | 'tls' | 'unusable'> {
  const access = { allow: namedByConfig ? 'any' : allow } as const;
  if (options.tls === undefined) return access;
  const read = readTlsFiles(options.tls, process.cwd());
  if (read.ok) return { ...access, tls: read.tls };
  const problems = read.problems.map(({ key, got }) => `${key === undefined ? '' : `${key}: `}${got}`);
  return { ...access, unusable: `TLS files can't be used: ${problems.join('; ')}` };
}
