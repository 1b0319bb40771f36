import './host/jitless.js';
import { render } from 'preact';
import { surroundingsOf } from './host/surroundings.js';
import { createApp } from './model/app.js';
import { App } from './views/App.js';
import { bindDocument } from './views/document-effects.js';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');

const app = createApp(surroundingsOf(window));
bindDocument(app, document);
window.addEventListener('pagehide', app.chats.flush);
document.addEventListener('visibilitychange', app.chats.flush);
render(<App app={app} />, root);
