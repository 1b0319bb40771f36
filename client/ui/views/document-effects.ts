import { effect } from '@preact/signals';
import type { App } from '../model/app.js';

/** Keeps language, direction, theme and title of the document with the models. Runs before the first paint. */
export const bindDocument = (app: App, target: Document): void => {
  const root = target.documentElement;
  effect(() => {
    const { language, direction } = app.translator.value;
    root.lang = language;
    root.dir = direction;
  });
  effect(() => {
    const theme = app.preferences.theme.value;
    if (theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
  });
  effect(() => {
    const { text } = app.translator.value;
    const count = app.chats.unread.value;
    // Behind the lock nothing is told, not even how much waits.
    target.title = app.screen.value === 'chats' && count > 0 ? text('app.title.unread', { count }) : text('app.name');
  });
};
