import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface SinkProcess {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts `sink.ts`. */
export async function startSink(): Promise<SinkProcess> {
  const child = spawn(process.execPath, [new URL('./sink.ts', import.meta.url).pathname], {
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
