/** As `engines.node` in package.json. */
export const OLDEST_NODE = { major: 22, minor: 19 } as const;

/** What to tell whoever runs us with this version of Node (`process.versions.node`); undefined when it will do. */
export function oldNodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const { major: least, minor: leastMinor } = OLDEST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return undefined;
  return `Node ${version} is too old: run it with Node ${least}.${leastMinor} or newer`;
}
