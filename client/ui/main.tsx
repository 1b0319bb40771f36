import './host/jitless.js';
import { render } from 'preact';
import { MessageIdValue } from '@sotto/client/bridge';
import { watchAttention, watchTime } from './host/attention.js';
import { createWebLink } from './host/web-link.js';
import { createApp } from './model/app.js';
import { loadPreferences } from './model/preferences.js';
import { App } from './views/App.js';
import { bindDocument } from './views/document-effects.js';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');

const app = createApp({
  link: createWebLink(window),
  preferences: loadPreferences(localStorage),
  systemLanguages: navigator.languages,
  keyboard: 'browser',
  attending: watchAttention(window),
  now: watchTime(window),
  newMessageId: () => MessageIdValue.parse(crypto.randomUUID()),
  copy: async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  },
});
bindDocument(app, document);
window.addEventListener('pagehide', app.chats.flush);
document.addEventListener('visibilitychange', app.chats.flush);
render(<App app={app} />, root);
