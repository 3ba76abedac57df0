import { spawnSync } from 'node:child_process';

/**
 * A command line that runs `command` in new namespaces: what it mounts and starts ends with it, also when it or
 * the process that started it is killed.
 */
export function isolated(
  namespaces: readonly string[],
  command: readonly string[],
): [command: string, ...args: string[]] {
  const ownProcesses = ['--pid', '--mount-proc', '--kill-child'];
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...namespaces, ...ownProcesses, ...command];
}

/** Loopback only, a host name that Asterisk's tree knows, and mounts that nobody else sees. */
export function isolatedFromNetwork(command: readonly string[]): [command: string, ...args: string[]] {
  const prepare = 'ip link set lo up && echo asterisk > /proc/sys/kernel/hostname && exec "$@"';
  return isolated(['--net', '--mount', '--uts'], ['sh', '-c', prepare, 'sh', ...command]);
}

/** Why this machine cannot run a command in namespaces of its own; undefined when it can. */
export function whyNotIsolated(): string | undefined {
  if (process.platform !== 'linux') {
    return 'namespaces exist on Linux only; use a virtual machine or a privileged container';
  }
  if (process.getuid?.() !== 0) {
    return 'it needs root; use a virtual machine, a privileged container or sudo';
  }
  const [command, ...args] = isolatedFromNetwork(['true']);
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 });
  if (status === 0) {
    return undefined;
  }
  return `cannot make a network namespace (${(error?.message ?? stderr).trim()}); install iproute2 and util-linux, and run privileged`;
}
