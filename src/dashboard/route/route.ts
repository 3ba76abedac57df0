/**
 * Where one is in the dashboard, as the hash of its address: `#/deliveries?status=dead`. So a host may serve the page
 * under any path, and a link to what one sees can be passed on.
 */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'subscriptions' }
  | { readonly view: 'subscription-new' }
  | { readonly view: 'subscription'; readonly id: string }
  | { readonly view: 'subscription-edit'; readonly id: string }
  | { readonly view: 'deliveries'; readonly filter: Filter }
  | { readonly view: 'delivery'; readonly id: number }
  | { readonly view: 'calls' }
  | { readonly view: 'call'; readonly id: string }
  | { readonly view: 'event'; readonly id: string }
  | { readonly view: 'dead-letters'; readonly filter: Filter }
  | { readonly view: 'live'; readonly filter: Filter }
  | { readonly view: 'catalogue'; readonly type?: string | undefined }
  | { readonly view: 'unknown' };

export type View = Route['view'];

/** What a list is narrowed to; what is empty is not there. */
export type Filter = { readonly [Key in FilterKey]?: string };

const FILTER_KEYS = ['subscription', 'type', 'call_id', 'status', 'last', 'since', 'until'] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

/** The route of a hash; `unknown` where it names none. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const [view = '', id, action] = path.split('/').map(decoded);
  if (id === undefined || id === '') return listRoute(view, parseFilter(query));
  switch (view) {
    case 'subscriptions':
      if (id === 'new') return { view: 'subscription-new' };
      return { view: action === 'edit' ? 'subscription-edit' : 'subscription', id };
    case 'deliveries':
      return /^[1-9]\d{0,14}$/.test(id) ? { view: 'delivery', id: Number(id) } : { view: 'unknown' };
    case 'calls':
      return { view: 'call', id };
    case 'events':
      return { view: 'event', id };
    case 'catalogue':
      return { view: 'catalogue', type: id };
    default:
      return { view: 'unknown' };
  }
}

function listRoute(view: string, filter: Filter): Route {
  switch (view) {
    case '':
      return { view: 'overview' };
    case 'subscriptions':
    case 'calls':
    case 'catalogue':
      return { view };
    case 'deliveries':
    case 'dead-letters':
    case 'live':
      return { view, filter };
    default:
      return { view: 'unknown' };
  }
}

/** The hash that {@link parseRoute} reads as this route. */
export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'overview':
    case 'unknown':
      return '#/';
    case 'subscriptions':
    case 'calls':
      return `#/${route.view}`;
    case 'subscription-new':
      return '#/subscriptions/new';
    case 'subscription':
      return `#/subscriptions/${encodeURIComponent(route.id)}`;
    case 'subscription-edit':
      return `#/subscriptions/${encodeURIComponent(route.id)}/edit`;
    case 'delivery':
      return `#/deliveries/${route.id}`;
    case 'call':
      return `#/calls/${encodeURIComponent(route.id)}`;
    case 'event':
      return `#/events/${encodeURIComponent(route.id)}`;
    case 'catalogue':
      return route.type === undefined ? '#/catalogue' : `#/catalogue/${encodeURIComponent(route.type)}`;
    case 'deliveries':
    case 'dead-letters':
    case 'live': {
      const query = printFilter(route.filter);
      return `#/${route.view}${query === '' ? '' : `?${query}`}`;
    }
    default:
      return route satisfies never;
  }
}

function parseFilter(query: string): Filter {
  const given = new URLSearchParams(query);
  return Object.fromEntries(
    FILTER_KEYS.flatMap((key) => {
      const value = given.get(key)?.trim();
      return value ? [[key, value]] : [];
    }),
  );
}

function printFilter(filter: Filter): string {
  const query = new URLSearchParams();
  for (const key of FILTER_KEYS) {
    const value = filter[key];
    if (value) query.set(key, value);
  }
  return query.toString();
}

/** The filter with one of its keys set, or taken away when the value is empty. */
export function withFilter(filter: Filter, key: FilterKey, value: string): Filter {
  const { [key]: _before, ...others } = filter;
  return value === '' ? others : { ...others, [key]: value };
}

/** A hash that someone typed may be cut within an escape. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
