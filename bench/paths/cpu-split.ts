/** Microseconds of CPU, user and system, that the process has used so far, all its threads together. */
export type CpuClock = () => number;

export const processCpu: CpuClock = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/**
 * Splits what a process uses between the points of its log: what lies between a point and the next belongs to the class of
 * the first of the two. Nothing falls between two classes, and what is done at the same time counts where it happens.
 */
export class CpuSplit<Class extends string> {
  readonly #classOf: (point: string) => Class | undefined;
  readonly #clock: CpuClock;
  readonly #used = new Map<Class, number>();
  #last: { readonly at: number; readonly class: Class } | undefined;

  constructor(classOf: (point: string) => Class | undefined, clock: CpuClock = processCpu) {
    this.#classOf = classOf;
    this.#clock = clock;
  }

  /** Points without a class end nothing and begin nothing. */
  mark(point: string): void {
    const next = this.#classOf(point);
    if (next === undefined) return;
    const at = this.#clock();
    this.#add(at);
    this.#last = { at, class: next };
  }

  /** Microseconds by class between the first and the last point since the last `take`; what follows belongs to nobody. */
  take(): ReadonlyMap<Class, number> {
    const used = new Map(this.#used);
    this.#used.clear();
    this.#last = undefined;
    return used;
  }

  #add(at: number): void {
    if (this.#last === undefined) return;
    this.#used.set(this.#last.class, (this.#used.get(this.#last.class) ?? 0) + at - this.#last.at);
  }
}
