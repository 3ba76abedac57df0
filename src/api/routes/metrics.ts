import type { Hono } from 'hono';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';

/** What there is to scrape, as text. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `/metrics` for Prometheus; unlike the probes only for who may use the API: it names receivers and PBXs. */
export function metricsRoutes(metrics: MetricsText): Hono<ApiEnv> {
  return routes({
    'GET /metrics': async (_input, context) =>
      context.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
  });
}
