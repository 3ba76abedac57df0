import type { ApiConfig } from '../config/config.ts';

/** Where the API of a configuration is reached from this machine: `http://127.0.0.1:8080/api/webhooks`. */
export function apiAddress({ host, port }: Pick<ApiConfig, 'host' | 'port'>): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/api/webhooks`;
}
