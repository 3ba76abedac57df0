import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import { RECEIVER_EXAMPLES, whyNotRun } from '../support/receiver-examples.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed tarball. */
    tarball: string;
    /** Paths of the files in it. */
    packed: readonly string[];
    /** Bytes: packed, and unpacked. */
    sizes: { readonly packed: number; readonly unpacked: number };
    /** The examples in an otherwise empty folder, with the tarball installed. */
    examples: string;
  }
}

const packing = z.object({
  filename: z.string(),
  size: z.number(),
  unpackedSize: z.number(),
  files: z.array(z.object({ path: z.string() })),
});
/** Versions of npm differ in how they list what they packed. */
const report = z.union([
  z.array(packing).transform(([first]) => first),
  z.record(z.string(), packing).transform((all) => Object.values(all)[0]),
]);
const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

/** Packs the package as a release would, and installs it into an empty folder, as a user would. */
export default function setup(project: TestProject): () => void {
  for (const why of RECEIVER_EXAMPLES.map(whyNotRun)) {
    if (why !== undefined) project.vitest.logger.log(`[receivers] ${why}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-package-'));
  const packed = report.parse(JSON.parse(jsonOf(npm('.', 'pack', '--json', '--pack-destination', folder))));
  if (packed === undefined) throw new Error('npm pack made no package');
  const tarball = join(folder, packed.filename);

  const examples = join(folder, 'examples');
  cpSync('examples', examples, { recursive: true });
  const { dependencies } = manifest.parse(JSON.parse(readFileSync(join(examples, 'package.json'), 'utf8')));
  const others = Object.entries(dependencies).filter(([name]) => name !== 'pbx-webhooks');
  npm(
    examples,
    'install',
    '--prefer-offline',
    tarball,
    ...others.map(([name, version]) => `${name}@${version}`),
  );

  project.provide('tarball', tarball);
  project.provide(
    'packed',
    packed.files.map(({ path }) => path),
  );
  project.provide('sizes', { packed: packed.size, unpacked: packed.unpackedSize });
  project.provide('examples', examples);
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function npm(folder: string, ...args: readonly string[]): string {
  const options = ['--prefix', folder, '--no-audit', '--no-fund', '--loglevel', 'error'];
  return execFileSync('npm', [...args, ...options], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What scripts print comes before it. */
function jsonOf(output: string): string {
  return output.slice(output.search(/^[[{]/m));
}
