import type { AnswerOf, ApiClient } from '../../api/client.ts';
import { nearNames } from '../../util/near.ts';
import { UnknownError } from '../exit.ts';

export type SubscriptionView = AnswerOf<'GET /{id}'>;

/** The subscription of an id or a URL; rejects with an error that names what is near. */
export async function findSubscription(client: ApiClient, name: string): Promise<SubscriptionView> {
  if (name.startsWith('sub_')) return client.call('GET /{id}', { path: { id: name } });
  const all = await client.call('GET /');
  const wanted = URL.parse(name)?.href ?? name;
  const found = all.find(({ url }) => url === wanted);
  if (found !== undefined) return found;
  const urls = all.map(({ url }) => url);
  const near = [...urls.filter((url) => url.includes(name)), ...nearNames(name, urls)];
  const hint = near.length === 0 ? 'pbx-webhooks subscriptions list shows them' : `did you mean ${near[0]}?`;
  throw new UnknownError('unknown', `there is no subscription for ${name}; ${hint}`);
}

/** URLs by id: a delivery tells the id alone. */
export async function urlsById(client: ApiClient): Promise<ReadonlyMap<string, string>> {
  return new Map((await client.call('GET /')).map(({ id, url }) => [id, url]));
}
