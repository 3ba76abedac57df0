import type { IconName } from '../parts/icon.tsx';
import type { Route, View } from '../route/route.ts';

/** An entry of the navigation. */
interface PageEntry {
  readonly label: string;
  readonly icon: IconName;
  readonly route: Route;
  /** The views that belong to it. */
  readonly views: readonly View[];
  /** Stays in sight on a phone. */
  readonly first: boolean;
}

export const PAGES: readonly PageEntry[] = [
  { label: 'Overview', icon: 'gauge', route: { view: 'overview' }, views: ['overview'], first: true },
  {
    label: 'Subscriptions',
    icon: 'link',
    route: { view: 'subscriptions' },
    views: ['subscriptions', 'subscription', 'subscription-new', 'subscription-edit'],
    first: true,
  },
  {
    label: 'Deliveries',
    icon: 'send',
    route: { view: 'deliveries', filter: {} },
    views: ['deliveries', 'delivery'],
    first: true,
  },
  {
    label: 'Dead letters',
    icon: 'inbox',
    route: { view: 'dead-letters', filter: {} },
    views: ['dead-letters'],
    first: true,
  },
  {
    label: 'Calls',
    icon: 'phone',
    route: { view: 'calls' },
    views: ['calls', 'call', 'event'],
    first: false,
  },
  { label: 'Live tail', icon: 'live', route: { view: 'live', filter: {} }, views: ['live'], first: false },
  {
    label: 'Event catalogue',
    icon: 'book',
    route: { view: 'catalogue' },
    views: ['catalogue'],
    first: false,
  },
];
