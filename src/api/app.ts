import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import type { Admission } from '../delivery/admission.ts';
import type { Engine } from '../delivery/engine.ts';
import type { DeliveryHistory } from '../delivery/history.ts';
import type { IdempotentPublisher } from '../delivery/idempotent-publisher.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { Expressions } from '../util/expression/expressions.ts';
import { type Logger, silentLogger } from '../util/log.ts';
import { guard } from './auth.ts';
import { dashboardHeaders, dashboardRoutes, readStaticFiles, type StaticFiles } from './dashboard.ts';
import type { ApiEnv } from './env.ts';
import type { Health, HealthCheck } from './health.ts';
import { requestLimits } from './limits.ts';
import { API_PREFIX, apiPath, isDashboard } from './path.ts';
import { answerTo, problemBody } from './problem.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { descriptionRoutes } from './routes/description.ts';
import { enablementRoutes } from './routes/enablement.ts';
import { eventRoutes } from './routes/events.ts';
import { filterRoutes } from './routes/filters.ts';
import { type MetricsText, metricsRoutes } from './routes/metrics.ts';
import { publishRoutes } from './routes/publish.ts';
import { type Reload, reloadRoutes } from './routes/reload.ts';
import { statsRoutes } from './routes/stats.ts';
import { statusRoutes } from './routes/status.ts';
import { streamRoutes } from './routes/stream.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { testDeliveryRoutes } from './routes/test-deliveries.ts';
import { Stats, type StatsParts } from './stats.ts';
import { StreamHub, type StreamHubOptions } from './stream/hub.ts';

export interface ApiOptions {
  readonly registry: SubscriptionRegistry;
  readonly engine: Pick<Engine, 'stats' | 'recovery' | 'sendTest'> &
    StatsParts['engine'] &
    StreamHubOptions['engine'];
  readonly publisher: Pick<IdempotentPublisher, 'publish'>;
  readonly history: DeliveryHistory;
  /** Says of a URL that is to be saved whether events may be sent there. */
  readonly admission: Admission;
  readonly health: () => Health;
  /** The PBXs, and whether each is in sight. Default: none. */
  readonly sources?: (() => readonly HealthCheck[]) | undefined;
  /** Default: there is no configuration file. */
  readonly reload?: Reload | undefined;
  /** Of this package. */
  readonly version?: string | undefined;
  /** Default: what the build made. */
  readonly dashboard?: StaticFiles | undefined;
  /** Left out, there is no `/metrics`. */
  readonly metrics?: MetricsText | undefined;
  /** Whoever bears it may do everything. Without one (or with an empty one) only this machine is served. */
  readonly token?: string | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

export interface Api {
  readonly app: Hono<ApiEnv>;
  /** For a `node:http` server, or for a host to mount under any path. Never throws. */
  readonly handler: RequestListener;
  readonly hasToken: boolean;
  /** Ends whatever would go on for ever; further streams end at once. */
  endStreams(): void;
}

/** The REST API under `/api/webhooks`, the dashboard at `/webhooks/`, the probes, and `/metrics`. */
export function createApi(options: ApiOptions): Api {
  const token = options.token === '' ? undefined : options.token;
  const logger = options.logger ?? silentLogger;
  const app = new Hono<ApiEnv>({ getPath: apiPath });
  app.use((context, next) =>
    (isDashboard(context.req.path) ? dashboardHeaders : securityHeaders)(context, next),
  );
  app.use(async (context, next) => {
    context.set('logger', logger);
    await next();
    if (!context.res.headers.has('cache-control')) context.header('Cache-Control', 'no-store');
  });
  app.use(requestLimits, guard(token));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed(context, methods) {
        const allow = { Allow: [...methods, 'OPTIONS'].join(', ') };
        return context.req.method === 'OPTIONS'
          ? new Response(null, { status: 204, headers: allow })
          : context.json(
              problemBody(
                'method_not_allowed',
                `${context.req.method} is not allowed here; use ${allow.Allow}`,
              ),
              405,
              allow,
            );
      },
    }),
  );
  app.route('/', dashboardRoutes(options.dashboard ?? readStaticFiles()));
  app.route('/', statusRoutes(options.health));
  if (options.metrics !== undefined) app.route('/', metricsRoutes(options.metrics));
  const { registry, engine, publisher, history, admission, clock = systemClock } = options;
  const { sources = () => [], version = '' } = options;
  const stats = new Stats({ registry, engine, history, sources, clock, version });
  const hub = new StreamHub({ engine, registry, stats, clock });
  const parts = { registry, history, recovery: engine.recovery, trials: new Expressions(), clock };
  app.route(API_PREFIX, descriptionRoutes());
  app.route(API_PREFIX, subscriptionRoutes(registry, engine, admission));
  app.route(API_PREFIX, enablementRoutes(registry, engine));
  app.route(API_PREFIX, testDeliveryRoutes({ ...parts, engine }));
  app.route(API_PREFIX, deliveryRoutes(parts));
  app.route(API_PREFIX, deadLetterRoutes(parts));
  app.route(API_PREFIX, eventRoutes(history));
  app.route(API_PREFIX, publishRoutes({ publisher, clock }));
  app.route(API_PREFIX, filterRoutes(parts));
  app.route(API_PREFIX, statsRoutes(stats));
  app.route(API_PREFIX, reloadRoutes(options.reload));
  app.route(API_PREFIX, streamRoutes({ ...parts, hub }));
  app.notFound((context) =>
    context.json(problemBody('not_found', `There is nothing at ${context.req.path.slice(0, 200)}`), 404),
  );
  app.onError((error, context) => {
    const { status, body } = answerTo(error, context, logger);
    return context.json(body, status);
  });
  return {
    app,
    handler: nodeHandler(app),
    hasToken: token !== undefined,
    endStreams: () => hub.close(),
  };
}

const securityHeaders: MiddlewareHandler<ApiEnv> = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  // Whether a name is served over TLS is for the proxy in front to say.
  strictTransportSecurity: false,
});

function nodeHandler(app: Hono<ApiEnv>): RequestListener {
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    // A host's own Request and Response stay as they are.
    overrideGlobalObjects: false,
    // Called when no Request could be made of what came: a bad Host header, a target that is no URL.
    errorHandler: () =>
      Response.json(problemBody('malformed_request', 'The Host header or the request target is malformed'), {
        status: 400,
        headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
      }),
  });
  return (incoming, outgoing) => {
    void listener(incoming, outgoing);
  };
}
