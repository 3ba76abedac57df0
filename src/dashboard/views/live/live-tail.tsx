import { counted } from '../../format/number.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import type { Filter } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { FilterBar } from '../deliveries/filter-bar.tsx';
import { TailTable } from './tail-table.tsx';
import { MOST_LINES, type Tail, useTail } from './use-tail.ts';

/** Events and deliveries as they come. */
export function LiveTail({ filter }: { readonly filter: Filter }) {
  const { type, subscription } = filter;
  const tail = useTail({ events: type?.split(/[\s,]+/).filter((each) => each !== ''), subscription });
  const { lines, paused, waiting, setPaused, clear } = tail;
  return (
    <>
      <PageHead
        title="Live tail"
        mark={<TailState tail={tail} />}
        actions={
          <>
            <Button icon={paused ? 'play' : 'pause'} onClick={() => setPaused(!paused)}>
              {paused ? `Resume${waiting > 0 ? ` (${waiting} new)` : ''}` : 'Pause'}
            </Button>
            <Button onClick={clear}>Clear</Button>
          </>
        }
      >
        Events and deliveries as they come, the newest {MOST_LINES} of them.
      </PageHead>
      <div class="stack">
        <FilterBar
          filter={filter}
          times={false}
          onChange={(next) => navigate({ view: 'live', filter: next }, { replace: true })}
        />
        <div class="panel">
          {lines.length === 0 ? (
            <Empty title="Waiting for what comes next">
              Make a call, or send <span class="mono">POST /api/webhooks/events</span>.
            </Empty>
          ) : (
            <TailTable lines={lines} />
          )}
        </div>
      </div>
    </>
  );
}

function TailState({ tail: { link, paused, waiting } }: { readonly tail: Tail }) {
  return (
    <span role="status" class="row small">
      {link.state === 'waiting' && (
        <>
          <Status tone="warn">{link.refusal === undefined ? 'Disconnected' : 'Refused'}</Status>
          <span class="muted">
            {link.refusal ?? (
              <>
                since <Ago value={new Date(link.since).toISOString()} />, trying again
              </>
            )}
          </span>
        </>
      )}
      {link.state !== 'waiting' && paused && (
        <Status tone="wait">{waiting === 0 ? 'Paused' : `Paused, ${counted(waiting, 'line')} wait`}</Status>
      )}
      {link.state === 'open' && !paused && <Status tone="good">Live</Status>}
      {link.state === 'connecting' && !paused && <Status tone="wait">Connecting</Status>}
    </span>
  );
}
