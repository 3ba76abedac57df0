import { Counter, Registry } from 'prom-client';
import type { EngineCounts } from '../delivery/tally.ts';
import type { HistogramSnapshot } from '../util/histogram.ts';
import { registerProcess } from './process-metrics.ts';
import { RecordedHistogram } from './recorded-histogram.ts';
import { registerSources, type WatchedSource } from './source-metrics.ts';
import { registerSubscriptions, type SubscriptionMetricsOptions } from './subscription-metrics.ts';

export interface MetricsOptions extends SubscriptionMetricsOptions {
  readonly counts: () => EngineCounts;
  /** Seconds that transactions of the store took. */
  readonly commits: () => HistogramSnapshot;
  readonly sources: readonly WatchedSource[];
}

/** All of it as Prometheus reads it. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * Reads what the floors below count anyway, and only when asked: between two scrapes it costs nothing, and there is
 * nothing to end. Of a service of its own, never the library's global registry.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  registerSubscriptions(registry, options);
  registerEngine(registry, options);
  registerSources(registry, options.sources);
  registerProcess(registry);
  let scrape: Promise<string> | undefined;
  return {
    contentType: registry.contentType,
    text() {
      // Who asks meanwhile gets the same answer: any number of scrapers is one reader of the store.
      scrape ??= registry.metrics().finally(() => {
        scrape = undefined;
      });
      return scrape;
    },
  };
}

function registerEngine(registry: Registry, { counts, commits }: MetricsOptions): void {
  const registers = [registry];
  new Counter({
    name: 'pbx_webhooks_events_published_total',
    help: 'Events on disk, by type',
    labelNames: ['type'],
    registers,
    collect() {
      this.reset();
      for (const [type, count] of counts().published) this.inc({ type }, count);
    },
  });
  new RecordedHistogram({
    name: 'pbx_webhooks_attempt_duration_seconds',
    help: 'From the connect to the end of the response, by what came of the attempt',
    labelName: 'result',
    registers,
    read: () => counts().attempts,
  });
  new RecordedHistogram({
    name: 'pbx_webhooks_store_commit_seconds',
    help: 'Transactions of the store, the wait for the disk included',
    registers,
    read: () => [['', commits()]],
  });
  new Counter({
    name: 'pbx_webhooks_sender_restarts_total',
    help: 'Sender threads that died and were replaced',
    registers,
    collect() {
      this.reset();
      this.inc(counts().senderRestarts);
    },
  });
}
