import type { Hono } from 'hono';
import type { Admission } from '../../delivery/admission.ts';
import type { Engine } from '../../delivery/engine.ts';
import type { SubscriptionId } from '../../model/ids.ts';
import type { Subscription } from '../../model/subscription.ts';
import { patchedOptions } from '../../model/subscription-options.ts';
import type { SubscriptionPatch, SubscriptionRegistry } from '../../subscription/registry.ts';
import { optionProblems } from '../../subscription/rules.ts';
import { admit } from '../admit.ts';
import type { ApiEnv } from '../env.ts';
import type { AnswerOf } from '../operations/operations.ts';
import { Problem } from '../problem.ts';
import { routes } from '../route.ts';
import { subscriptionView } from '../subscription-view.ts';

export function subscriptionRoutes(
  registry: SubscriptionRegistry,
  engine: Pick<Engine, 'stats'>,
  admission: Admission,
): Hono<ApiEnv> {
  const show = (subscription: Subscription) => subscriptionView(subscription, engine.stats(subscription.id));

  return routes({
    'GET /': () => registry.list().map(show),
    'POST /': async ({ body }) => {
      await admit(body, admission);
      const subscription = await registry.add(body);
      const message = `Webhook subscription added: ${subscription.url}`;
      return { success: true, message, subscription: show(subscription) };
    },
    'DELETE /': ({ query }) => remove(registry, subscriptionByUrl(registry, query.url)),
    'GET /{id}': ({ path }) => show(byId(registry, path.id)),
    'PATCH /{id}': async ({ path, body }) => {
      const before = byId(registry, path.id);
      refuseProblems(before, body);
      await admit({ ...body, url: body.url === before.url ? undefined : body.url }, admission);
      return show(await registry.update(before.id, body));
    },
    'POST /{id}/rotate-secret': async ({ path, body }) => {
      const { id } = byId(registry, path.id);
      const { secret } = await registry.rotateSecret(id, body.overlap_seconds);
      const message =
        'The new secret is shown this once; the one before it signs as well until the overlap ends';
      return { success: true, message, secret, subscription: show(byId(registry, id)) };
    },
    'DELETE /{id}': ({ path }) => remove(registry, byId(registry, path.id)),
  });
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

/** The id of what a text names, by id or by URL. An id may be that of a subscription that was deleted since. */
export function namedSubscription(registry: SubscriptionRegistry, text: string): SubscriptionId {
  return isSubscriptionId(text) ? text : subscriptionByUrl(registry, text).id;
}

function isSubscriptionId(text: string): text is SubscriptionId {
  return text.startsWith('sub_');
}

async function remove(
  registry: SubscriptionRegistry,
  subscription: Subscription,
): Promise<AnswerOf<'DELETE /'>> {
  await registry.remove(subscription.id);
  const done = { success: true as const, message: `Webhook subscription deleted: ${subscription.url}` };
  return subscription.origin === 'api'
    ? done
    : {
        ...done,
        warning: 'The config file names it: it comes back when the file is read again, unless removed there',
      };
}
