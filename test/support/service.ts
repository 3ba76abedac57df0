import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createClient } from '../../src/api/client.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, type ServiceOptions, startService } from '../../src/service.ts';
import { documented } from './documented.ts';
import { LineLogger } from './engine.ts';

export interface RunningService {
  readonly service: Service;
  readonly api: ApiClient;
  readonly logger: LineLogger;
  /** The API's answer as it is, on a path below `/api/webhooks`. */
  raw(
    method: string,
    path: string,
    init?: { readonly body?: unknown; readonly headers?: Record<string, string> },
  ): Promise<Response>;
  /** Ends it as a process that ends in order. */
  stop(): Promise<void>;
}

export interface ServiceFolder {
  readonly path: string;
  /** Over the same database as those before it. */
  start(config?: object, options?: Partial<ServiceOptions>): Promise<RunningService>;
  /** Ends all that was started, and removes it. */
  remove(): Promise<void>;
}

/**
 * Real services in a folder of their own, whose API listens on loopback and which may send there. Each answer is held
 * against its schema.
 */
export function serviceFolder(): ServiceFolder {
  const path = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
  const started: Service[] = [];
  return {
    path,
    async start(config = {}, options = {}) {
      const logger = new LineLogger();
      const given = { api: { port: 0 }, network: { allow: ['127.0.0.1'] }, ...config };
      const service = await startService(parseConfig(given, { base: path }), { logger, ...options });
      started.push(service);
      const baseUrl = `${service.apiUrl}/api/webhooks`;
      const ask = async (target: string, init: RequestInit = {}): Promise<Response> =>
        documented(init.method ?? 'GET', target, await fetch(target, init));
      return {
        service,
        api: createClient({ baseUrl, fetch: (url, init) => ask(String(url), init) }),
        logger,
        raw: (method, at, { body, headers } = {}) =>
          ask(baseUrl + at, {
            method,
            headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
            ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
          }),
        stop: () => service.close(),
      };
    },
    async remove() {
      await Promise.all(started.map((service) => service.close()));
      rmSync(path, { recursive: true, force: true });
    },
  };
}
