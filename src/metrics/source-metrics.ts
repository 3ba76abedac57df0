import { Counter, Gauge, type Registry } from 'prom-client';
import type { Source } from '../source/source.ts';

export type WatchedSource = Pick<Source, 'name' | 'health' | 'counts'>;

export function registerSources(registry: Registry, sources: readonly WatchedSource[]): void {
  const labelNames = ['pbx'];
  const registers = [registry];
  new Counter({
    name: 'pbx_webhooks_ami_events_total',
    help: 'AMI events received, without those that the filter keeps out; of a SIP source, messages and records',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const source of sources) this.inc({ pbx: source.name }, source.counts().received);
    },
  });
  new Gauge({
    name: 'pbx_webhooks_pbx_connected',
    help: 'Whether the PBX is in sight: 1 or 0',
    labelNames,
    registers,
    collect() {
      for (const source of sources) {
        this.set({ pbx: source.name }, source.health().state === 'connected' ? 1 : 0);
      }
    },
  });
  new Counter({
    name: 'pbx_webhooks_pbx_unseen_seconds_total',
    help: 'Time without sight of the PBX since the start',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const source of sources) this.inc({ pbx: source.name }, source.counts().unseenMs / 1000);
    },
  });
}
