import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { isLoopback } from '../util/loopback.ts';
import type { ApiEnv } from './env.ts';
import { isDashboard, PROBES } from './path.ts';
import { Problem } from './problem.ts';

/**
 * Probes have no token; what they may see without one says nothing of the PBX. Nor do the files of the dashboard,
 * which asks for the token.
 */
function isOpen(path: string): boolean {
  return PROBES.some((probe) => probe === path) || isDashboard(path);
}

/** Methods that change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets in who may come in.
 *
 * With a token: whoever bears it. A page of another site that got hold of it may still change nothing.
 *
 * Without: this machine only, and no web page. A browser on this machine can be made to send requests here by any
 * page: under our own name when the page's DNS name is pointed at 127.0.0.1 (rebinding: `Host` tells), or across
 * origins (`Origin` and `Sec-Fetch-Site` tell). Nor what a reverse proxy on this machine passes on from elsewhere.
 */
export function guard(token: string | undefined): MiddlewareHandler<ApiEnv> {
  const bearsToken = token === undefined ? undefined : tokenCheck(token);
  return async (context, next) => {
    if (bearsToken === undefined) {
      refuseRemote(context);
      refuseProxied(context);
      refuseForeignHost(context);
      if (!isLinkToDashboard(context)) refuseForeignOrigin(context);
      context.set('trusted', true);
    } else {
      const trusted = bearsToken(context.req.header('authorization'));
      context.set('trusted', trusted);
      if (!trusted && !isOpen(context.req.path)) {
        context.header('WWW-Authenticate', 'Bearer realm="pbx-webhooks"');
        throw new Problem('unauthorized', 'Send the configured token: "Authorization: Bearer <token>"');
      }
      if (!SAFE_METHODS.has(context.req.method)) {
        refuseForeignOrigin(context);
      }
    }
    await next();
  };
}

/** Compares digests, so that the time taken tells neither the token nor its length. */
function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = sha256(Buffer.from(token, 'utf8'));
  return (authorization = '') => {
    const given = /^bearer +(.*)$/i.exec(authorization)?.[1] ?? '';
    // A header's bytes arrive as Latin-1; a token may be any text.
    return timingSafeEqual(sha256(Buffer.from(given, 'latin1')), expected);
  };
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function refuseRemote(context: Context<ApiEnv>): void {
  const incoming = context.env?.incoming;
  if (incoming !== undefined && !isLoopback(incoming.socket.remoteAddress ?? '')) {
    throw new Problem(
      'loopback_only',
      'Without a token the API answers this machine only; set features.webhooks.api.token to reach it from elsewhere',
    );
  }
}

/** What a proxy says of itself: RFC 9110, section 7.6.3, RFC 7239, and what is older than it. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** A proxy on this machine makes the whole world look like this machine. */
function refuseProxied(context: Context<ApiEnv>): void {
  const name = PROXY_HEADERS.find((header) => context.req.header(header) !== undefined);
  if (name === undefined) return;
  throw new Problem(
    'proxy_refused',
    `The request came through a proxy (it bears ${name}); set features.webhooks.api.token to use the API through one`,
  );
}

function refuseForeignHost(context: Context<ApiEnv>): void {
  if (!isLoopback(hostOf(context).replace(/:\d*$/, ''))) {
    throw new Problem(
      'host_refused',
      'Without a token the API answers to the names localhost, 127.0.0.1 and [::1] only; set features.webhooks.api.token to use another',
    );
  }
}

/** A browser's own word for it wins, which no page can forge and no proxy changes; an older one sends `Origin` alone. */
function refuseForeignOrigin(context: Context<ApiEnv>): void {
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin');
  const own =
    site === undefined
      ? origin === undefined || URL.parse(origin)?.host === hostOf(context).toLowerCase()
      : site === 'same-origin' || site === 'none';
  if (!own) {
    throw new Problem('origin_refused', 'A web page of another origin may not use the API');
  }
}

/** Whoever follows a link leaves the page that bears it, which sees nothing of where it leads. */
function isLinkToDashboard(context: Context<ApiEnv>): boolean {
  return (
    isDashboard(context.req.path) &&
    SAFE_METHODS.has(context.req.method) &&
    context.req.header('sec-fetch-mode') === 'navigate' &&
    context.req.header('sec-fetch-dest') === 'document'
  );
}

function hostOf(context: Context<ApiEnv>): string {
  return context.req.header('host') ?? new URL(context.req.url).host;
}
