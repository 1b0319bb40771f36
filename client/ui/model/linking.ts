import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type {
  CoreApi,
  CoreMethod,
  HistoryView,
  JoinView,
  LinkOfferView,
  ParamsOf,
  ResultOf,
} from '@sotto/client/bridge';
import type { CoreState } from './core-state.js';
import { outcomeOf } from './outcome.js';
import { createSubmission, type Submission } from './submission.js';

type OfferMethod = 'startLinkOffer' | 'scanNewDevice' | 'approveLink' | 'refuseLink' | 'closeLinkOffer';
type JoinMethod = 'joinByCode' | 'joinByManualCode' | 'showJoinCode' | 'typeJoinDigits' | 'confirmJoin' | 'closeJoin';

/** Links under way on both sides; at most one of each. The core holds them: a window that is opened anew finds them here. */
export interface Linking {
  readonly offer: ReadonlySignal<LinkOfferView>;
  readonly offering: Submission;
  readonly askOffer: <M extends OfferMethod>(method: M, params: ParamsOf<M>) => Promise<void>;
  readonly join: ReadonlySignal<JoinView>;
  readonly joining: Submission;
  readonly askJoin: <M extends JoinMethod>(method: M, params: ParamsOf<M>) => Promise<void>;
  readonly history: ReadonlySignal<HistoryView | undefined>;
  readonly retryHistory: () => Promise<void>;
}

export const createLinking = (api: CoreApi, { app }: Pick<CoreState, 'app'>): Linking => {
  const offer = signal<LinkOfferView>({ state: 'none' });
  const join = signal<JoinView>({ state: 'none' });
  const history = signal<HistoryView | undefined>(undefined);
  const offering = createSubmission();
  const joining = createSubmission();
  const phase = computed(() => app.value?.phase);
  /** Events since a question was asked are newer than its answer. */
  let changes = 0;

  const current = async <M extends CoreMethod>(
    method: M,
    params: ParamsOf<M>,
    adopt: (result: ResultOf<M>) => void,
  ): Promise<void> => {
    const before = changes;
    const outcome = await outcomeOf(api.call(method, params));
    if (outcome.ok && changes === before) adopt(outcome.value);
  };

  api.subscribe((event) => {
    changes += 1;
    if (event.type === 'linkOffer') offer.value = event.linkOffer;
    else if (event.type === 'join') join.value = event.join;
    else if (event.type === 'history') history.value = event.history;
    else changes -= 1;
  });
  effect(() => {
    offer.value = { state: 'none' };
    join.value = { state: 'none' };
    history.value = undefined;
    if (phase.value === 'noAccount') void current('join', {}, (view) => (join.value = view));
    if (phase.value !== 'ready') return;
    void current('linkOffer', {}, (view) => (offer.value = view));
    void current('history', {}, (view) => (history.value = view.history));
  });

  return {
    offer,
    offering,
    askOffer: async (method, params) => {
      const before = changes;
      const view = await offering.run<LinkOfferView>(() => api.call(method, params));
      if (view !== undefined && changes === before) offer.value = view;
    },
    join,
    joining,
    askJoin: async (method, params) => {
      const before = changes;
      const view = await joining.run<JoinView>(() => api.call(method, params));
      if (view !== undefined && changes === before) join.value = view;
    },
    history,
    retryHistory: async () => {
      await outcomeOf(api.call('retryHistory', {}));
    },
  };
};
