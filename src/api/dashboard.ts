import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { ApiEnv } from './env.ts';
import { DASHBOARD_PREFIX, requestedPath } from './path.ts';

/** What the build made of `src/dashboard`; from the source and from the build alike. */
const BUILT = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

/** Under the path below `/webhooks/`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

interface StaticFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where that makes it smaller. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  readonly cacheControl: string;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

/** All files of a folder, in memory: what is not there at the start is never served. Empty where there is none. */
export function readStaticFiles(folder = BUILT): StaticFiles {
  return new Map(
    filesIn(folder).map((path) => [
      relative(folder, path).split(sep).join('/'),
      readStaticFile(folder, path),
    ]),
  );
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function readStaticFile(folder: string, path: string): StaticFile {
  const bytes = new Uint8Array(readFileSync(path));
  const gzipped = new Uint8Array(gzipSync(bytes, { level: 9 }));
  // The build names its assets by what they hold.
  const isNamedByContent = relative(folder, path).startsWith(`assets${sep}`);
  return {
    type: TYPES.get(extname(path)) ?? 'application/octet-stream',
    bytes,
    gzipped: gzipped.length < bytes.length * 0.9 ? gzipped : undefined,
    cacheControl: isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** The dashboard: a page and its assets, which hold nothing of the PBX; what they show comes through the API. */
export function dashboardRoutes(files: StaticFiles): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get(`${DASHBOARD_PREFIX}/*`, async (context, next) => {
    if (files.size === 0) {
      return context.text('The dashboard is not built. Run `npm run build` and start again.\n', 404);
    }
    const asked = requestedPath(context.req.raw, context.env);
    if (asked.endsWith(DASHBOARD_PREFIX)) {
      // The page names its assets from its own folder on. Relative, whatever stands before it.
      return context.redirect(`${DASHBOARD_PREFIX.slice(1)}/${new URL(context.req.url).search}`, 301);
    }
    const name = context.req.path.slice(DASHBOARD_PREFIX.length + 1);
    const file = files.get(name === '' ? 'index.html' : name);
    return file === undefined ? next() : respond(context, file);
  });
}

function respond(context: Context<ApiEnv>, file: StaticFile): Response {
  const acceptsGzip = /\bgzip\b(?!;q=0(?:\.0+)?(?:,|$))/i.test(context.req.header('accept-encoding') ?? '');
  const isGzipped = acceptsGzip && file.gzipped !== undefined;
  return context.body(isGzipped ? file.gzipped : file.bytes, 200, {
    'Content-Type': file.type,
    'Cache-Control': file.cacheControl,
    ...(file.gzipped !== undefined && { Vary: 'Accept-Encoding' }),
    ...(isGzipped && { 'Content-Encoding': 'gzip' }),
  });
}

/** Nothing from elsewhere, nothing inline, no text that becomes script; the API of the same origin. */
export const dashboardHeaders: MiddlewareHandler<ApiEnv> = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
  strictTransportSecurity: false,
});
