import { randomBytes } from 'node:crypto';
import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription, SubscriptionOrigin } from '../model/subscription.ts';
import {
  patchedOptions,
  type SubscriptionOptions,
  type SubscriptionOptionsPatch,
} from '../model/subscription-options.ts';
import { type Micros, micro } from '../util/clock.ts';

/** What the config file or the API says of a subscription; rules.ts has validated it and normalised the URL. */
export interface SubscriptionInput extends SubscriptionOptions {
  readonly url: string;
  readonly events: readonly string[];
  /** Default true. */
  readonly enabled?: boolean | undefined;
  /** Default none: attempts go unsigned. */
  readonly secret?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
}

/** What changes; an absent or undefined key stays as it is, null takes a secret, description or option away. */
export interface SubscriptionPatch extends SubscriptionOptionsPatch {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly secret?: string | null | undefined;
  /** Replaces all headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | null | undefined;
}

export type SignedSubscription = Subscription & { readonly secret: string };

/** With every key there, so that comparing two tells what differs. */
export function complete(subscription: Subscription): Subscription {
  return {
    disabledReason: undefined,
    failingSince: undefined,
    pausedUntil: undefined,
    oldSecrets: undefined,
    secret: undefined,
    description: undefined,
    ...subscription,
    options: patchedOptions({}, subscription.options),
  };
}

/** A new subscription, under a new id. */
export function created(input: SubscriptionInput, origin: SubscriptionOrigin, now: Micros): Subscription {
  const enabled = input.enabled ?? true;
  return complete({
    id: newSubscriptionId(),
    url: input.url,
    events: input.events,
    enabled,
    disabledReason: enabled ? undefined : 'requested',
    secret: input.secret,
    headers: input.headers ?? {},
    description: input.description,
    options: input,
    origin,
    createdAt: now,
  });
}

/** A subscription as the API wants it. */
export function patched(before: Subscription, patch: SubscriptionPatch, now: Micros): Subscription {
  const url = patch.url ?? before.url;
  return {
    ...before,
    url,
    // How the receiver at the old URL fared, and what it asked for, says nothing of the new one.
    ...(url !== before.url && { pausedUntil: undefined, failingSince: undefined }),
    events: patch.events ?? before.events,
    headers: patch.headers ?? before.headers,
    ...withSecret(before, patch.secret === null ? undefined : (patch.secret ?? before.secret), now),
    description: patch.description === null ? undefined : (patch.description ?? before.description),
    options: patchedOptions(before.options, patch),
    ...enablement(before, patch.enabled),
  };
}

/** With a new secret (Standard Webhooks: `whsec_` and 32 random bytes); the one before it signs on for a while. */
export function rotated(before: Subscription, overlapSeconds: number, now: Micros): SignedSubscription {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return { ...before, ...withSecret(before, secret, now, overlapSeconds), secret };
}

/** For how long a secret that was replaced signs as well where nobody asked for another time. */
const OVERLAP_SECONDS = 86_400;

/** Each makes the signature header longer. */
const MAX_OLD_SECRETS = 3;

/** The secret that signs from now on, and those before it that sign as well; without one none does. */
function withSecret(
  { secret: replaced, oldSecrets = [] }: Subscription,
  secret: string | undefined,
  now: Micros,
  overlapSeconds = OVERLAP_SECONDS,
): Pick<Subscription, 'secret' | 'oldSecrets'> {
  if (secret === undefined) return { secret, oldSecrets: undefined };
  const until = micro(now + overlapSeconds * 1_000_000);
  const before = replaced === undefined || replaced === secret ? [] : [{ secret: replaced, until }];
  const old = [...before, ...oldSecrets].filter((one) => one.until > now && one.secret !== secret);
  return { secret, oldSecrets: old.length === 0 ? undefined : old.slice(0, MAX_OLD_SECRETS) };
}

/** A subscription as the config file wants it, with what it had beside that. */
export function declared(before: Subscription, input: SubscriptionInput, now: Micros): Subscription {
  const stopped = before.disabledReason === 'gone' || before.disabledReason === 'failing';
  return {
    ...before,
    events: input.events,
    headers: input.headers ?? {},
    ...withSecret(before, input.secret, now),
    description: input.description,
    options: patchedOptions({}, input),
    origin: 'config',
    ...enablement(before, stopped ? undefined : (input.enabled ?? true)),
  };
}

/** Whether a subscription is enabled after someone asked for `wanted`, and if not why. */
function enablement(
  before: Subscription,
  wanted: boolean | undefined,
): Pick<Subscription, 'enabled' | 'disabledReason'> {
  if (wanted === undefined || wanted === before.enabled) {
    return { enabled: before.enabled, disabledReason: before.disabledReason };
  }
  return {
    enabled: wanted,
    disabledReason: wanted ? undefined : 'requested',
    ...(wanted && { failingSince: undefined, pausedUntil: undefined }),
  };
}

function newSubscriptionId(): SubscriptionId {
  return `sub_${randomBytes(16).toString('base64url')}` as SubscriptionId;
}
