import type { CoreApi, CoreEvent, CoreMethod, ParamsOf, ResultOf } from '@sotto/client/bridge';

export interface SmallCore extends CoreApi {
  readonly calls: CoreMethod[];
  readonly listeners: Set<(event: CoreEvent) => void>;
  emit(event: CoreEvent): void;
}

/** A core that knows how to answer `getApp` and to emit. */
export const createSmallCore = (answer: () => Promise<unknown> = async () => ({ phase: 'noAccount' })): SmallCore => {
  const listeners = new Set<(event: CoreEvent) => void>();
  const calls: CoreMethod[] = [];
  return {
    calls,
    listeners,
    emit: (event) => {
      for (const listener of [...listeners]) listener(event);
    },
    call: async <M extends CoreMethod>(method: M, _params: ParamsOf<M>) => {
      calls.push(method);
      return (await answer()) as ResultOf<M>;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
