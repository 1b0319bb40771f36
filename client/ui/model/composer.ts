import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { CoreApi } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import type { ChatId } from './core-state.js';
import { outcomeOf } from './outcome.js';
import type { MessageId } from './timeline.js';

/**
 * UTF-16 code units in one text message; the core refuses more.
 * @internal
 */
export const TEXT_LENGTH = 5_000;
/** From here on the composer says how many are left. */
const COUNT_FROM = TEXT_LENGTH - 500;
const SAVE_AFTER_MS = 300;

/** What is being written in one chat. The text is kept by the core within 300 ms, and here until it is known to be kept. */
export interface Composer {
  readonly text: ReadonlySignal<string>;
  /** Characters left, negative when too many; `undefined` while there is ample room. */
  readonly left: ReadonlySignal<number | undefined>;
  readonly sendable: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  readonly edit: (text: string) => void;
  /** Gives the text to the core; what the core does not take stands in the composer again. */
  readonly send: () => Promise<void>;
  /** Saves the draft now: the chat is being left or the window closed. */
  readonly flush: () => void;
  /** The draft as another window or the start of the program has it; ignored while this one has news of its own. */
  readonly adopt: (draft: string) => void;
}

interface ComposerParts {
  readonly core: CoreApi;
  readonly chatId: ChatId;
  readonly draft: string;
  readonly newMessageId: () => MessageId;
}

export const createComposer = ({ core, chatId, draft, newMessageId }: ComposerParts): Composer => {
  const text = signal(draft);
  const failure = signal<Failure | undefined>(undefined);
  let saved = draft;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saving: Promise<void> | undefined;
  /** A text whose fate is unknown keeps its id, so that sending it again cannot make two of it. */
  let unsettled: { readonly text: string; readonly messageId: MessageId } | undefined;

  const save = async (): Promise<void> => {
    while (saved !== text.peek()) {
      const next = text.peek();
      const outcome = await outcomeOf(core.call('saveDraft', { chatId, text: next }));
      if (!outcome.ok) return;
      saved = next;
    }
  };

  const stopTimer = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  const saveNow = (): void => {
    stopTimer();
    saving ??= save().finally(() => {
      saving = undefined;
    });
  };

  const set = (next: string): void => {
    text.value = next;
    stopTimer();
    timer = setTimeout(saveNow, SAVE_AFTER_MS);
  };

  const settle = (messageId: MessageId): void => {
    if (unsettled?.messageId === messageId) unsettled = undefined;
  };

  const left = computed(() => (text.value.length > COUNT_FROM ? TEXT_LENGTH - text.value.trim().length : undefined));
  const sendable = computed(() => text.value.trim() !== '' && (left.value ?? 0) >= 0);

  return {
    text,
    left,
    sendable,
    failure,
    edit: (next) => {
      failure.value = undefined;
      set(next);
    },
    send: async () => {
      if (!sendable.peek()) return;
      const body = text.peek().trim();
      const messageId = unsettled?.text === body ? unsettled.messageId : newMessageId();
      unsettled = { text: body, messageId };
      failure.value = undefined;
      // The field is free at once; the draft on disk stays until the core has the message.
      text.value = '';
      stopTimer();
      const outcome = await outcomeOf(core.call('sendText', { chatId, messageId, text: body }));
      if (outcome.ok) {
        settle(messageId);
      } else {
        failure.value = outcome.failure;
        text.value = text.peek() === '' ? body : `${body}\n${text.peek()}`;
      }
      saveNow();
    },
    flush: saveNow,
    adopt: (next) => {
      const untouched = timer === undefined && saving === undefined && text.peek() === saved;
      if (!untouched || unsettled !== undefined) return;
      saved = next;
      text.value = next;
    },
  };
};
