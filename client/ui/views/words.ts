import type { MessageView } from '@sotto/client/bridge';
import { failureText, type Failure } from '../i18n/failure-text.js';
import type { Translator } from '../i18n/translator.js';
import { useText, useTranslator } from './app-context.js';

export const useFailureText = (failure: Failure | undefined): string | undefined => {
  const translator = useTranslator();
  return failure === undefined ? undefined : failureText(translator, failure);
};

export const usePasswordWords = (): { readonly show: string; readonly hide: string } => {
  const text = useText();
  return { show: text('field.password.show'), hide: text('field.password.hide') };
};

/** A message in words: its text, or that this version cannot show it. */
export const bodyText = ({ body }: MessageView, text: Translator['text']): string =>
  body.kind === 'text' ? body.text : text('chat.unknownBody');
