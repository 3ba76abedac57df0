import type { RequestListener } from 'node:http';
import { type Api, createApi } from './api/app.ts';
import type { Health } from './api/health.ts';
import { type ApiServer, startApiServer } from './api/server.ts';
import { changedKeys } from './config/changes.ts';
import type { WebhooksConfig } from './config/config.ts';
import { ConfigReloader } from './config/reload.ts';
import { type Admission, createAdmission } from './delivery/admission.ts';
import { createEngine, type Engine } from './delivery/engine.ts';
import { IDEMPOTENCY, IdempotentPublisher } from './delivery/idempotent-publisher.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import type { PbxEvent } from './model/event.ts';
import type { EventId } from './model/ids.ts';
import type { Pipeline } from './pipeline.ts';
import type { Source } from './source/source.ts';
import { type Retention, startRetention } from './store/retention.ts';
import { createSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';
import { createRegistry, type SubscriptionRegistry } from './subscription/registry.ts';
import { type Clock, systemClock } from './util/clock.ts';
import { reasonOf } from './util/error.ts';
import { Histogram } from './util/histogram.ts';
import type { Logger } from './util/log.ts';
import { packageVersion } from './util/version.ts';
import {
  configuredSources,
  endForgotten,
  pipelinesOf,
  type WatchedSource,
  type Watching,
} from './watching.ts';

export interface ServiceOptions {
  readonly logger: Logger;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Whether to listen where `config.api` says; otherwise someone mounts `handler`. Default true. */
  readonly serveApi?: boolean | undefined;
  /** Where `config` came from, to be read again when someone asks. Default: nowhere. */
  readonly configFile?: string | undefined;
  /** What a host's own objects tell, beside the sources of the configuration. */
  readonly hosted?: readonly WatchedSource[] | undefined;
}

/** All floors at work. */
export interface Service {
  readonly handler: RequestListener;
  /** Where the API listens; undefined when it does not. */
  readonly apiUrl: string | undefined;
  publish(event: PbxEvent): Promise<EventId>;
  health(): Health;
  /** Resolves, with why, once no event can be stored any more until the process starts anew; never rejects. */
  readonly lost: Promise<Error>;
  /**
   * Reads the configuration file again and makes the subscriptions what it says, without dropping a delivery; undefined
   * where there is no file.
   */
  readonly reload: ConfigReloader['reload'] | undefined;
  /**
   * Ends the sources, lets attempts in flight finish for at most 10 s, and leaves the rest on disk. Settles when
   * nothing is left of it; the second call gives the first one's promise.
   */
  close(): Promise<void>;
}

/** From a fast disk to one that is in trouble, in seconds. */
const COMMIT_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** How long attempts in flight may take when all ends, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * From the bottom up: database, subscriptions, engine, API, and last the sources, so that what they tell finds its
 * way. Rejects with the CodedError of the first part that can't start; what had been started is ended again.
 */
export async function startService(config: WebhooksConfig, options: ServiceOptions): Promise<Service> {
  const { logger, clock = systemClock, serveApi = true, configFile, hosted = [] } = options;
  const commits = new Histogram(COMMIT_BOUNDS);
  const store = createSqliteStore({
    path: config.storePath,
    onCommit: (ms) => commits.observe(ms / 1000),
  });
  const state = await store.open();
  let engine: Engine | undefined;
  let service: RunningService | undefined;
  try {
    const registry = await createRegistry({ store, clock, logger });
    await registry.applyConfig(config.subscriptions);
    engine = await createEngine({ store, state, registry, clock, logger, settings: settingsOf(config) });
    const remembered = Map.groupBy(await store.memos(), ({ pbx }) => pbx === IDEMPOTENCY);
    const publisher = new IdempotentPublisher({ engine, clock, memos: remembered.get(true) ?? [] });
    const memos = remembered.get(false) ?? [];
    const watched = [...configuredSources(config, { clock, logger }), ...hosted];
    const watching = { watched, calls: config.calls, memos, engine, clock, logger };
    await endForgotten(watching);
    if (config.voicemail !== undefined && config.ami.length === 0 && hosted.length === 0) {
      logger.warn('voicemail.spool is not read: it belongs to one of sources.ami, and there is none');
    }
    service = new RunningService({
      ...watching,
      engine,
      publisher,
      config,
      configFile,
      store,
      commits,
      registry,
    });
    if (serveApi && config.api.enabled) await service.listen();
    service.watch();
    return service;
  } catch (error) {
    if (service === undefined) {
      await engine?.stop(0);
      await store.close();
    } else {
      await service.close();
    }
    throw error;
  }
}

function settingsOf(config: WebhooksConfig) {
  return {
    maxRetries: config.maxAttempts,
    retryDelayMs: config.retryDelay * 1000,
    timeoutMs: config.timeout * 1000,
    workerThreads: config.workerThreads,
    allow: config.network.allow,
  };
}

interface Parts extends Watching {
  readonly config: WebhooksConfig;
  readonly configFile: string | undefined;
  readonly store: Store;
  /** Seconds that the store's transactions took. */
  readonly commits: Histogram;
  readonly registry: SubscriptionRegistry;
  readonly engine: Engine;
  readonly publisher: IdempotentPublisher;
}

class RunningService implements Service {
  readonly #parts: Parts;
  readonly #admission: Admission;
  readonly #api: Api;
  readonly #reloader: ConfigReloader | undefined;
  readonly #sources: readonly Source[];
  readonly #pipelines: readonly Pipeline[];
  #retention: Retention | undefined;
  #server: ApiServer | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { config, registry, engine, logger, clock } = parts;
    this.#parts = parts;
    this.#admission = createAdmission({ allow: config.network.allow, clock });
    this.#sources = parts.watched.map(({ source }) => source);
    this.#reloader = reloaderOf(parts);
    this.#api = createApi({
      registry,
      engine,
      publisher: parts.publisher,
      history: parts.store,
      admission: this.#admission,
      health: () => this.health(),
      sources: () => this.#sources.map(sourceCheck),
      version: packageVersion(),
      reload: this.reload,
      metrics: metricsOf(parts, this.#sources),
      token: config.api.token,
      clock,
      logger,
    });
    this.#pipelines = pipelinesOf(parts);
  }

  get handler(): RequestListener {
    return this.#api.handler;
  }

  get apiUrl(): string | undefined {
    return this.#server?.url;
  }

  get lost(): Promise<Error> {
    return this.#parts.store.lost;
  }

  async listen(): Promise<void> {
    const { config, logger } = this.#parts;
    const { host, port } = config.api;
    this.#server = await startApiServer({ api: this.#api, host, port, logger });
  }

  watch(): void {
    const { config, store, clock, logger } = this.#parts;
    const { retentionDays: days, maxSizeMb } = config;
    this.#retention = startRetention({ store, clock, logger, days, maxSizeMb });
    for (const pipeline of this.#pipelines) pipeline.start();
  }

  publish(event: PbxEvent): Promise<EventId> {
    return this.#parts.engine.publish(event);
  }

  health(): Health {
    const engine = this.#parts.engine.health();
    const checks = [
      {
        name: 'engine',
        ok: engine.state === 'ready',
        state: engine.state === 'ready' ? engine.state : engine.reason,
      },
      ...this.#sources.map(sourceCheck).map((check) => ({ ...check, name: `source ${check.name}` })),
    ];
    return { ready: checks.every(({ ok }) => ok), checks };
  }

  get reload(): Service['reload'] {
    const reloader = this.#reloader;
    return reloader && (() => reloader.reload());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** From the top down. A part that can't end in order must not keep those below it from ending. */
  async #close(): Promise<void> {
    const { engine, store } = this.#parts;
    await this.#end('sources', () => Promise.all(this.#pipelines.map((pipeline) => pipeline.stop())));
    await this.#reloader?.settled();
    this.#api.endStreams();
    await this.#end('API', () => this.#server?.close());
    this.#admission.stop();
    await this.#end('retention', () => this.#retention?.stop());
    await this.#end('engine', () => engine.stop(GRACE_MS));
    await this.#end('database', () => store.close());
  }

  async #end(name: string, end: () => unknown): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.#parts.logger.error(`The ${name} did not end in order: ${reasonOf(error)}`);
    }
  }
}

function reloaderOf({ config, configFile, registry, logger }: Parts): ConfigReloader | undefined {
  if (configFile === undefined) return undefined;
  return new ConfigReloader({
    file: configFile,
    logger,
    apply: async (after) => {
      await registry.applyConfig(after.subscriptions);
      return changedKeys(config, after);
    },
  });
}

function metricsOf({ registry, engine, store, commits, clock }: Parts, sources: readonly Source[]): Metrics {
  return createMetrics({
    subscriptions: () => registry.list(),
    stats: (id) => engine.stats(id),
    breaker: (id) => engine.breaker(id),
    counts: () => engine.counts(),
    oldestPending: () => store.oldestPending(),
    commits: () => commits.snapshot(),
    sources,
    clock,
  });
}

function sourceCheck(source: Source): Health['checks'][number] {
  const health = source.health();
  const reason = health.state === 'connecting' && health.reason !== undefined ? `: ${health.reason}` : '';
  return {
    name: source.name,
    ok: health.state === 'connected',
    state: `${health.state}${reason}`,
  };
}
