import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, startChild, until } from './child.ts';

/** A receiver in a process of its own. */
export interface SinkProcess {
  readonly origin: string;
  stop(): Promise<void>;
}

const nginx = findProgram('nginx', ['/usr/sbin']);

/** Which one {@link startSink} starts: of two cores nginx takes half as much as a server in Node does. */
export const SINK = nginx === undefined ? 'a plain server in Node' : 'nginx';

/** Answers each POST with 204. */
export function startSink(): Promise<SinkProcess> {
  return nginx === undefined ? startPlain() : startNginx(nginx);
}

function startPlain(): Promise<SinkProcess> {
  return startNode('./sink.ts');
}

/** Takes every request and never answers. */
export function startBlackHole(): Promise<SinkProcess> {
  return startNode('./black-hole.ts');
}

async function startNode(file: string): Promise<SinkProcess> {
  const child = spawn(process.execPath, [new URL(file, import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout, 'data');
  return {
    origin: `http://127.0.0.1:${Number(String(port))}`,
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function startNginx(program: string): Promise<SinkProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port));
  const child = startChild(program, ['-p', folder, '-c', file, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(10_000, () => accepts(port));
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One process that writes nothing, and keeps connections for as long as they are used. */
function configuration(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr error;
    events { worker_connections 8192; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      client_max_body_size 0;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      server { listen 127.0.0.1:${port} backlog=4096; return 204; }
    }`;
}

export function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
