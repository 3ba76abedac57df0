/** A whole service in a process of its own, which tells what it holds when it is asked. */
import { parseConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { heapInUse } from './garbage.ts';

/** What its parent hears of it. */
export type ServiceNews =
  | { readonly kind: 'started'; readonly port: number }
  | { readonly kind: 'holds'; readonly heap: number; readonly errors: readonly string[] };

const [folder = '', config = '{}'] = process.argv.slice(2);
const errors: string[] = [];
/** A dead letter is no error of ours. */
const error = (line: string): void => void (line.startsWith('Webhook delivery failed') || errors.push(line));
const logger = { ...silentLogger, error };
const service = await startService(parseConfig(JSON.parse(config), { base: folder }), { logger });

process.on('message', () => tell({ kind: 'holds', heap: heapInUse(), errors }));
process.on('disconnect', () => void service.close());
tell({ kind: 'started', port: Number(new URL(service.apiUrl ?? '').port) });

function tell(news: ServiceNews): void {
  process.send?.(news);
}
