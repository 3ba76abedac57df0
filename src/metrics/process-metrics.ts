import { readdirSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The process under the names that Prometheus's clients share. Read at the scrape: the library's own collection
 * starts observers that nothing ends, and a host may load and close us many times.
 */
export function registerProcess(registry: Registry): void {
  counter(
    'process_cpu_user_seconds_total',
    'User CPU time, all threads',
    () => process.cpuUsage().user / 1e6,
  );
  counter(
    'process_cpu_system_seconds_total',
    'System CPU time, all threads',
    () => process.cpuUsage().system / 1e6,
  );
  counter('process_cpu_seconds_total', 'User and system CPU time, all threads', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_start_time_seconds', 'Start of the process, Unix time', () => startedAt);
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'Open file descriptors', openFiles);
  gauge('nodejs_heap_size_total_bytes', 'Heap of the main thread', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'Used heap of the main thread', () => process.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Memory bound to the heap', () => process.memoryUsage().external);
  let last = performance.eventLoopUtilization();
  gauge(
    'nodejs_eventloop_utilization',
    'Busy part of the main thread since the scrape before, 0 to 1',
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
  );
  new Gauge({
    name: 'nodejs_version_info',
    help: 'Version of Node',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: process.version }, 1);

  function counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  function gauge(name: string, help: string, read: () => number | undefined): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = read();
        if (value !== undefined) this.set(value);
      },
    });
  }
}

const startedAt = Date.now() / 1000 - process.uptime();

/** Linux alone tells. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
