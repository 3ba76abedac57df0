import { type Context, Hono } from 'hono';
import type { Admission } from '../../delivery/admission.ts';
import type { Engine } from '../../delivery/engine.ts';
import type { SubscriptionId } from '../../model/ids.ts';
import type { Subscription, SubscriptionStats } from '../../model/subscription.ts';
import { patchedOptions } from '../../model/subscription-options.ts';
import type { SubscriptionPatch, SubscriptionRegistry } from '../../subscription/registry.ts';
import { optionProblems } from '../../subscription/rules.ts';
import { rfc3339Seconds } from '../../util/clock.ts';
import { admit } from '../admit.ts';
import { readBody } from '../body.ts';
import type { ApiEnv } from '../env.ts';
import { Problem } from '../problem.ts';
import {
  newSubscriptionSchema,
  rotationSchema,
  type SubscriptionView,
  subscriptionPatchSchema,
} from '../schemas.ts';

/** Ids all begin so: `/:id` leaves room beside it for `/events`, `/stats` and their like. */
export const BY_ID = '/:id{sub_[^/]+}';

export function subscriptionRoutes(
  registry: SubscriptionRegistry,
  engine: Pick<Engine, 'stats'>,
  admission: Admission,
): Hono<ApiEnv> {
  const show = (subscription: Subscription) => subscriptionView(subscription, engine.stats(subscription.id));

  return new Hono<ApiEnv>()
    .get('/', (context) => context.json(registry.list().map(show)))
    .post('/', async (context) => {
      const input = await readBody(context, newSubscriptionSchema);
      await admit(input, admission);
      const subscription = await registry.add(input);
      const message = `Webhook subscription added: ${subscription.url}`;
      return context.json({ success: true, message, subscription: show(subscription) }, 201);
    })
    .delete('/', async (context) =>
      context.json(await remove(registry, subscriptionByUrl(registry, urlQuery(context)))),
    )
    .get(BY_ID, (context) => context.json(show(byId(registry, context.req.param('id')))))
    .patch(BY_ID, async (context) => {
      const before = byId(registry, context.req.param('id'));
      const patch = await readBody(context, subscriptionPatchSchema);
      refuseProblems(before, patch);
      await admit({ ...patch, url: patch.url === before.url ? undefined : patch.url }, admission);
      return context.json(show(await registry.update(before.id, patch)));
    })
    .post(`${BY_ID}/rotate-secret`, async (context) => {
      const { id } = byId(registry, context.req.param('id'));
      const { overlap_seconds } = await readBody(context, rotationSchema);
      const { secret } = await registry.rotateSecret(id, overlap_seconds);
      const message =
        'The new secret is shown this once; the one before it signs as well until the overlap ends';
      return context.json({ success: true, message, secret, subscription: show(byId(registry, id)) });
    })
    .delete(BY_ID, async (context) =>
      context.json(await remove(registry, byId(registry, context.req.param('id')))),
    );
}

/** What a patch makes of the options together; what was wrong before it does not stand in its way. */
function refuseProblems(before: Subscription, patch: SubscriptionPatch): void {
  const known = optionProblems({ ...before.options, headers: before.headers });
  const options = patchedOptions(before.options, patch);
  const problems = optionProblems({ ...options, headers: patch.headers ?? before.headers }).filter(
    ({ message }) => !known.some((problem) => problem.message === message),
  );
  const [first] = problems;
  if (first !== undefined) {
    const details = problems.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new Problem('invalid_request', `${first.path.join('.')} ${first.message}`, details);
  }
}

export function subscriptionView(subscription: Subscription, stats: SubscriptionStats): SubscriptionView {
  return {
    url: subscription.url,
    events: [...subscription.events],
    enabled: subscription.enabled,
    created_at: rfc3339Seconds(subscription.createdAt),
    last_sent: stats.lastSent === undefined ? null : rfc3339Seconds(stats.lastSent),
    success_count: stats.successCount,
    failure_count: stats.failureCount,
    id: subscription.id,
    state: subscription.enabled ? 'active' : 'disabled',
    disabled_reason: subscription.disabledReason ?? null,
    description: subscription.description ?? null,
    origin: subscription.origin,
    signed: subscription.secret !== undefined,
    header_names: Object.keys(subscription.headers),
    expired_count: stats.expiredCount,
    failed_attempts: stats.failedAttempts,
    backlog: stats.backlog,
    ...subscription.options,
  };
}

/**
 * The one query value of `DELETE ?url=`. A URL pasted in as it is may hold a literal `+`, never a space, so `+` stands
 * for itself here; an `&` of its own ends it, which shows as a key that is not known.
 */
function urlQuery(context: Context): string {
  const query = new URLSearchParams(new URL(context.req.url).search.replaceAll('+', '%2B'));
  const [url, ...others] = query.getAll('url');
  const unknown = [...query.keys()].find((key) => key !== 'url');
  if (url === undefined || others.length > 0 || unknown !== undefined) {
    const message =
      'Name the subscription once, percent-encoded: DELETE /api/webhooks?url=<its URL>, or /api/webhooks/<id>';
    throw new Problem('invalid_request', message, [{ path: unknown ?? 'url', message }]);
  }
  return url;
}

export function subscriptionByUrl(registry: SubscriptionRegistry, url: string): Subscription {
  const subscription = registry.byUrl(url);
  if (subscription === undefined) {
    throw new Problem(
      'subscription_unknown',
      `There is no subscription for ${url}; GET /api/webhooks lists them`,
    );
  }
  return subscription;
}

export function byId(registry: SubscriptionRegistry, id: string): Subscription {
  const subscription = isSubscriptionId(id) ? registry.get(id) : undefined;
  if (subscription === undefined) {
    throw new Problem('subscription_unknown', `There is no subscription ${id}; GET /api/webhooks lists them`);
  }
  return subscription;
}

export function isSubscriptionId(text: string): text is SubscriptionId {
  return text.startsWith('sub_');
}

async function remove(registry: SubscriptionRegistry, subscription: Subscription) {
  await registry.remove(subscription.id);
  const done = { success: true, message: `Webhook subscription deleted: ${subscription.url}` };
  return subscription.origin === 'api'
    ? done
    : {
        ...done,
        warning: 'The config file names it: it comes back when the file is read again, unless removed there',
      };
}
