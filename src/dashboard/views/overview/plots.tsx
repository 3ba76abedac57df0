import { count, counted, percent, shortCount } from '../../format/number.ts';
import { duration, minuteOf, span } from '../../format/time.ts';
import { useNow } from '../../hooks/use-now.ts';
import { BarPlot } from '../../plots/bars.tsx';
import { LinePlot } from '../../plots/lines.tsx';
import { useLive } from '../../session/live.tsx';
import type { Minute, Stats } from '../../types.ts';

/** The last hour, moving on. */
export function Plots({ stats: { minutes, last_hour: hour, totals } }: { readonly stats: Stats }) {
  return (
    <section class="plots" aria-label="The last hour">
      <Throughput minutes={minutes} />
      <SuccessRate minutes={minutes} hour={hour.success_rate} />
      <Latency minutes={minutes} hour={hour.latency_ms} />
      <Backlog totals={totals} />
    </section>
  );
}

interface MinutesProps {
  readonly minutes: readonly Minute[];
}

function Throughput({ minutes }: MinutesProps) {
  const delivered = minutes.map((minute) => minute.delivered);
  const failed = minutes.map((minute) => minute.failed);
  const sum = total(delivered);
  return (
    <BarPlot
      title="Deliveries a minute"
      value={rate(delivered)}
      note={`${shortCount(sum)} in the last hour`}
      series={[
        { label: 'delivered', ink: 'accent', values: delivered },
        { label: 'failed attempts', ink: 'bad', values: failed },
      ]}
      places={minutes.map(({ at }) => minuteOf(at))}
      description={`Deliveries in each of the last 60 minutes: ${count(sum)} in all, at most ${count(Math.max(0, ...delivered))} in one; ${counted(total(failed), 'failed attempt')}.`}
      format={shortCount}
      from="60 min ago"
    />
  );
}

const FEW_MINUTES = 5;

/** Of the last few minutes: one alone says little, and the current one has just begun. */
function rate(delivered: readonly number[]): string {
  const last = delivered.slice(-1 - FEW_MINUTES, -1);
  const mean = total(last) / Math.max(1, last.length);
  return mean < 10 ? String(Number(mean.toFixed(1))) : count(mean);
}

function SuccessRate({ minutes, hour }: MinutesProps & { readonly hour: number | null }) {
  const rates = minutes.map(({ delivered, failed }) =>
    delivered + failed === 0 ? null : delivered / (delivered + failed),
  );
  const known = rates.filter((each) => each !== null);
  return (
    <LinePlot
      title="Success rate"
      value={hour === null ? '–' : percent(hour)}
      note="of attempts, last hour"
      series={[{ label: 'succeeded', ink: 'good', values: rates }]}
      places={minutes.map(({ at }) => minuteOf(at))}
      description={
        known.length === 0
          ? 'Success rate: no attempt was made in the last 60 minutes.'
          : `Success rate of attempts in each of the last 60 minutes: at worst ${percent(Math.min(...known))}.`
      }
      format={percent}
      from="60 min ago"
      ceiling={1}
    />
  );
}

type HourLatency = Stats['last_hour']['latency_ms'];

function Latency({ minutes, hour }: MinutesProps & { readonly hour: HourLatency }) {
  const p95 = minutes.map(({ latency_p95 }) => latency_p95);
  return (
    <LinePlot
      title="Latency"
      value={hour === null ? '–' : duration(hour.p50)}
      note={hour === null ? 'half of the attempts are faster' : `95 % within ${duration(hour.p95)}`}
      series={[
        { label: 'p50', ink: 'accent', values: minutes.map(({ latency_p50 }) => latency_p50) },
        { label: 'p95', ink: 'soft', values: p95 },
      ]}
      places={minutes.map(({ at }) => minuteOf(at))}
      description={
        hour === null
          ? 'Latency: no attempt was made in the last 60 minutes.'
          : `How long attempts took in each of the last 60 minutes: half of them at most ${duration(hour.p50)}, 95 percent at most ${duration(hour.p95)}.`
      }
      format={duration}
      from="60 min ago"
    />
  );
}

/** The service keeps no history of it: the plot begins when the page is opened. */
function Backlog({ totals }: { readonly totals: Stats['totals'] }) {
  const { backlog } = useLive();
  const now = useNow(5_000);
  const newest = backlog.at(-1) ?? { at: now, waiting: totals.backlog };
  const samples = backlog.length > 1 ? backlog : [newest, newest];
  const values = samples.map(({ waiting }) => waiting);
  const places = samples.map(({ at }) => `${span(newest.at - at)} ago`);
  const oldest = totals.oldest_pending_at;
  return (
    <LinePlot
      title="Backlog"
      value={shortCount(totals.backlog)}
      note={
        oldest === null ? 'nothing waits' : `oldest waits for ${span(Math.max(0, now - Date.parse(oldest)))}`
      }
      series={[{ label: 'waiting', ink: 'accent', values }]}
      places={places}
      description={`Deliveries that wait: ${count(totals.backlog)} now, at most ${count(Math.max(...values))} since this page was opened.`}
      format={shortCount}
      from={places[0] ?? ''}
    />
  );
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
