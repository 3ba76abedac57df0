import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Fence, fencesIn } from '../support/docs.ts';

/** What the reader of a snippet has anyway: declared where the snippet does not make it itself. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  ami: "import('pbx-webhooks').AsteriskManager",
  app: "import('express').Express",
  body: 'string',
  config: 'unknown',
  events: "import('node:events').EventEmitter",
  fastify: "import('fastify').FastifyInstance",
  hono: "import('hono').Hono<{ Bindings: import('@hono/node-server').HttpBindings }>",
  host: "import('pbx-webhooks').PbxHost",
  log: '(...parts: unknown[]) => void',
  logger: 'Console',
  notify: '(...parts: unknown[]) => void',
  now: 'number',
  options: 'object',
  plugin: "import('pbx-webhooks').WebhookPlugin",
  rawBody: 'Buffer',
  request: "import('node:http').IncomingMessage",
  save: '(...parts: unknown[]) => Promise<void>',
  secret: 'string',
  srf: "import('drachtio-srf')",
  timestamp: 'string',
  url: 'string',
};

/** A module that type-checks if the snippet is right: its imports first, all else in a function, so that it may return. */
function moduleOf({ text }: Fence): string {
  const imports = text.match(/^import .+$/gm) ?? [];
  const rest = text.replaceAll(/^import .+$/gm, '');
  const made = [...text.matchAll(/^import (.+?) from|(?:const|let) (\{[^}]*\}|\w+)/gm)].join(' ');
  const declared = Object.entries(SURROUNDINGS)
    .filter(([name]) => !new RegExp(`\\b${name}\\b`).test(made))
    .map(([name, type]) => `declare const ${name}: ${type};`);
  return [...imports, ...declared, `export async function snippet() {\n${rest}\n}\n`].join('\n');
}

test('every TypeScript snippet type-checks against the package', async () => {
  const fences = fencesIn('ts');
  expect(fences.length).toBeGreaterThan(8);
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-docs-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  for (const [index, fence] of fences.entries()) writeFileSync(join(folder, `${index}.mts`), moduleOf(fence));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(compilerOptions()));
  const { stdout } = await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', folder], {
    cwd: folder,
  }).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
  rmSync(folder, { recursive: true });
  const placed = stdout.replaceAll(/^(\d+)\.mts/gm, (_all, index: string) => {
    const fence = fences[Number(index)];
    return `${fence?.file}:${fence?.line}`;
  });
  expect(placed).toBe('');
});

function compilerOptions(): object {
  return {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      // Our own rules, not everybody's.
      noPropertyAccessFromIndexSignature: false,
      exactOptionalPropertyTypes: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        'pbx-webhooks': [resolve('src/index.ts')],
        'pbx-webhooks/verify': [resolve('src/verify.ts')],
      },
      typeRoots: [resolve('node_modules/@types')],
    },
    include: ['*.mts', resolve('test/support/asterisk-manager.d.ts')],
  };
}
