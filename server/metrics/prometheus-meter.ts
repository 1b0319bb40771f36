import cluster from 'node:cluster';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Meter,
} from './meter.js';

interface Described {
  readonly help: string;
  readonly label?: string;
}

const configurationOf = (name: string, { help, label }: Described, registry: Registry) => ({
  name,
  help,
  labelNames: label === undefined ? [] : [label],
  registers: [registry],
});

const entriesOf = <Name extends string, Metric>(table: Readonly<Record<Name, Metric>>) =>
  Object.entries(table) as [Name, Metric][];

const labelled = (label: string | undefined): string[] => (label === undefined ? [] : [label]);

/** The primary of a cluster asks its workers for their metrics; being made is what makes prom-client listen for that. */
const answerPrimary = (registry: Registry): unknown => {
  AggregatorRegistry.setRegistries([registry]);
  return new AggregatorRegistry();
};

/** The metrics of one process in the text format of Prometheus; the one importer of prom-client. */
export class PrometheusMeter implements Meter {
  readonly #registry = new Registry();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  readonly #gauges = new Map<GaugeName, Gauge>();

  /** @param version - told as the label of a metric that is always 1 */
  constructor(version: string) {
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry });
    if (cluster.isWorker) answerPrimary(registry);
    for (const [name, metric] of entriesOf<CounterName, Described>(COUNTERS))
      this.#counters.set(name, new Counter(configurationOf(name, metric, registry)));
    for (const [name, metric] of entriesOf<HistogramName, Described & { readonly buckets: readonly number[] }>(
      HISTOGRAMS,
    ))
      this.#histograms.set(
        name,
        new Histogram({ ...configurationOf(name, metric, registry), buckets: [...metric.buckets] }),
      );
    for (const [name, metric] of entriesOf<GaugeName, Described>(GAUGES))
      this.#gauges.set(name, new Gauge(configurationOf(name, metric, registry)));
    new Gauge({ name: 'sotto_build', help: 'Which version runs', labelNames: ['version'], registers: [registry] })
      .labels(version)
      .set(1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  count(name: CounterName, amount = 1, label?: string): void {
    this.#counters
      .get(name)
      ?.labels(...labelled(label))
      .inc(amount);
  }

  observe(name: HistogramName, value: number, label?: string): void {
    this.#histograms
      .get(name)
      ?.labels(...labelled(label))
      .observe(value);
  }

  set(name: GaugeName, value: number, label?: string): void {
    this.#gauges
      .get(name)
      ?.labels(...labelled(label))
      .set(value);
  }
}
