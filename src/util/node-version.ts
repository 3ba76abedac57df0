/**
 * The oldest release of each line of Node that will do, as `engines.node` in package.json; later lines do as well. Before
 * these `node:sqlite` takes no values for numbered parameters (`?1`).
 */
export const OLDEST_NODES: ReadonlyMap<number, number> = new Map([
  [22, 20],
  [24, 7],
]);

/** What to tell whoever runs us with this version of Node (`process.versions.node`); undefined when it will do. */
export function oldNodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > Math.max(...OLDEST_NODES.keys())) return undefined;
  const oldest = OLDEST_NODES.get(major);
  if (oldest !== undefined && minor >= oldest) return undefined;
  const releases = [...OLDEST_NODES].map((release) => release.join('.'));
  return `Node ${version} is too old: run it with Node ${releases.join(', ')} or newer`;
}
