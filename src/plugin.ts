import type { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { Health } from './api/health.ts';
import { parseConfig } from './config/load.ts';
import { givenEvent } from './delivery/given-event.ts';
import { HostError, hostSources } from './host-sources.ts';
import type { EventData } from './model/event.ts';
import type { EventId } from './model/ids.ts';
import { type Service, startService } from './service.ts';
import type { AsteriskManager } from './source/ami/host/manager.ts';
import { systemClock } from './util/clock.ts';
import { CodedError } from './util/error.ts';
import { guardedLogger } from './util/guarded-logger.ts';
import { type Logger, silentLogger } from './util/log.ts';
import { oldNodeProblem } from './util/node-version.ts';

/** What a PBX application offers to its plugins; every part is optional. */
export interface PbxHost {
  /** Default: nothing is logged. What it throws is dropped. */
  readonly logger?: Logger | undefined;
  /** The host's whole configuration; ours stands under `features.webhooks`. */
  readonly config?: unknown;
  /** How events call this PBX (`data.pbx`). Default `main`. */
  readonly name?: string | undefined;
  /**
   * The host's asterisk-manager, connected or not. It is listened to and asked what there is; connecting, logging in
   * and reconnecting stay the host's. Left alone where `sources.ami` watches the same PBX.
   */
  readonly ami?: AsteriskManager | undefined;
  /** The host's drachtio-srf, connected or not. It is watched without taking part: docs/sip.md. */
  readonly srf?: object | undefined;
  /** Where the host emits what happens: under the name of an event type its data, or a `fact` (docs/plugin.md). */
  readonly events?: EventEmitter | undefined;
  /** Where the API and the dashboard are mounted. Without it, whoever wants them mounts `handler`. */
  readonly http?: { use(path: string, handler: RequestListener): void } | undefined;
  /** Called with what ends the plugin. */
  onClose?(fn: () => Promise<void>): void;
}

export interface WebhookPlugin {
  /**
   * Sends an event of the host's own. `data.call_id`, if it is a text, ties it to a call; `data.timestamp` is now
   * unless it is given. Resolves with the event's id when it is on disk; rejects with a CodedError, after which
   * nothing of it was kept.
   */
  publish(type: string, data: EventData): Promise<EventId>;
  /** Serves the API and the dashboard, wherever it is mounted. Never throws. */
  readonly handler: RequestListener;
  health(): Health;
  /** Ends all that `register` began, at most 10 s after; never rejects. */
  close(): Promise<void>;
}

export type PluginErrorCode =
  /** Neither options nor `host.config.features.webhooks`. */
  | 'config_missing'
  /** `enabled: false`: nothing was started. */
  | 'plugin_disabled'
  /** This Node's SQLite lacks what is needed. */
  | 'node_too_old';

export class PluginError extends CodedError<PluginErrorCode> {}

/**
 * Starts the plugin in a host's process. `options`, else `host.config.features.webhooks`, has the keys that stand
 * under `features.webhooks` in a `config.yml`. Rejects with a ConfigError that lists all that is wrong with them, a
 * PluginError, a HostError, or the StoreError of a database that can't be opened; then nothing of it is left.
 */
export async function register(host: PbxHost, options?: unknown): Promise<WebhookPlugin> {
  if (typeof host !== 'object' || host === null) {
    throw new HostError('host_invalid', `register() takes a host, an object; got ${inspect(host)}`);
  }
  const problem = oldNodeProblem(process.versions.node);
  if (problem !== undefined) throw new PluginError('node_too_old', problem);
  const logger = host.logger ? guardedLogger(host.logger) : silentLogger;
  const config = parseConfig(options ?? optionsOf(host));
  if (!config.enabled) {
    logger.info('Webhooks are disabled (features.webhooks.enabled: false): nothing is started');
    return disabledPlugin();
  }
  const hosted = hostSources(host, config, logger);
  const service = await startService(config, { logger, serveApi: false, hosted });
  const plugin = runningPlugin(service);
  try {
    host.http?.use('/api/webhooks', plugin.handler);
    host.http?.use('/webhooks', plugin.handler);
    host.onClose?.(() => plugin.close());
  } catch (error) {
    await plugin.close();
    throw error;
  }
  if (!host.http) logger.info('The webhooks API is not mounted: host.http is missing');
  return plugin;
}

const hostConfig = z.object({ features: z.object({ webhooks: z.unknown() }) });

function optionsOf(host: PbxHost): unknown {
  const found = hostConfig.safeParse(host.config).data?.features.webhooks;
  if (found === undefined || found === null) {
    throw new PluginError(
      'config_missing',
      'There is no configuration: pass options to register(), or have features.webhooks in host.config',
    );
  }
  return found;
}

/** Whoever hands on a part of it, as in `process.once('SIGTERM', plugin.close)`, need not bind it. */
function runningPlugin(service: Service): WebhookPlugin {
  return {
    publish: (type, data) => publishOn(service, type, data),
    handler: service.handler,
    health: () => service.health(),
    close: () => service.close(),
  };
}

async function publishOn(service: Service, type: string, data: EventData): Promise<EventId> {
  return service.publish(givenEvent(type, data, systemClock.now()));
}

/** `enabled: false`: there, but not at work. */
function disabledPlugin(): WebhookPlugin {
  const error = () =>
    new PluginError('plugin_disabled', 'Webhooks are disabled: set features.webhooks.enabled to true');
  return {
    publish: () => Promise.reject(error()),
    handler: (_, response) => {
      const { code, message } = error();
      response.writeHead(503, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: message, code, details: [] }));
    },
    health: () => ({ ready: false, checks: [{ name: 'plugin', ok: false, state: 'disabled' }] }),
    close: () => Promise.resolve(),
  };
}
