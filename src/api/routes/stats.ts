import type { Hono } from 'hono';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';
import type { Stats } from '../stats.ts';

export function statsRoutes(stats: Stats): Hono<ApiEnv> {
  return routes({ 'GET /stats': () => stats.all() });
}
