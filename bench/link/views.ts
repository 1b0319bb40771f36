import type { CoreApi, CoreEvent } from '@sotto/client/bridge';

/** Longer than any step of a link takes where nothing is broken. */
const PATIENCE_MS = 60_000;

/** The first event of a core from now on that `pick` finds something in, and the moment at which it came. */
export const nextView = <T>(
  core: CoreApi,
  what: string,
  pick: (event: CoreEvent) => T | undefined,
): Promise<{ readonly view: T; readonly at: number }> =>
  new Promise((resolve, reject) => {
    const done = (): void => {
      unsubscribe();
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`timed out: ${what}`));
    }, PATIENCE_MS);
    const unsubscribe = core.subscribe((event) => {
      const view = pick(event);
      if (view === undefined) return;
      done();
      resolve({ view, at: performance.now() });
    });
  });
