import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Translator } from '../i18n/translator.js';
import type { App } from '../model/app.js';

const AppContext = createContext<App | undefined>(undefined);

export const AppProvider = AppContext.Provider;

export const useApp = (): App => {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('there is no AppProvider above this component');
  return app;
};

export const useTranslator = (): Translator => useApp().translator.value;

export const useText = (): Translator['text'] => useTranslator().text;
