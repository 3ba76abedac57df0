export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  /** Values by the sample's name and labels as written, such as `a_total{b="c"}`. */
  readonly samples: Map<string, number>;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/.source;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/.source;
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (-?[0-9.e+-]+|Nan|[+-]Inf)$`);

/**
 * Reads Prometheus's text format 0.0.4 and throws at whatever its grammar does not have: a sample apart from its
 * family, one that is told twice, a histogram whose buckets shrink or disagree with its count.
 */
export function parsePrometheus(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const families = new Map<string, MetricFamily>();
  let current: { name: string; family: MetricFamily } | undefined;
  let help: RegExpExecArray | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# HELP ')) {
      help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
      if (help === null) throw new Error(`malformed: ${line}`);
    } else if (line.startsWith('#')) {
      const [, name = '', type = ''] =
        new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line) ?? [];
      if (name === '' || help?.[1] !== name) throw new Error(`no such family: ${line}`);
      if (families.has(name)) throw new Error(`twice: ${line}`);
      current = { name, family: { type, help: help[2] ?? '', samples: new Map() } };
      families.set(name, current.family);
    } else {
      addSample(line, current);
    }
  }
  for (const [name, family] of families) checkHistogram(name, family);
  return families;
}

function addSample(line: string, current: { name: string; family: MetricFamily } | undefined): void {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (current === undefined || name === '') throw new Error(`malformed: ${line}`);
  const own = current.family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!own.some((suffix) => name === `${current.name}${suffix}`)) throw new Error(`strange: ${line}`);
  const key = `${name}${labels}`;
  if (current.family.samples.has(key)) throw new Error(`twice: ${line}`);
  current.family.samples.set(key, Number(value));
  if (Number.isNaN(current.family.samples.get(key))) throw new Error(`no number: ${line}`);
}

function checkHistogram(name: string, { type, samples }: MetricFamily): void {
  if (type !== 'histogram') return;
  const last = new Map<string, number>();
  for (const [key, value] of samples) {
    if (!key.startsWith(`${name}_bucket`)) continue;
    const series = key
      .slice(`${name}_bucket`.length)
      .replace(/,?le="[^"]*"/, '')
      .replace('{}', '');
    if (value < (last.get(series) ?? 0)) throw new Error(`shrinks: ${key}`);
    last.set(series, value);
  }
  for (const [series, value] of last) {
    if (samples.get(`${name}_count${series}`) !== value) throw new Error(`count differs: ${name}${series}`);
    if (!samples.has(`${name}_sum${series}`)) throw new Error(`no sum: ${name}${series}`);
  }
}
