import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ATTACH_CHANNEL, PAGE_MESSAGES } from '@sotto/client/bridge';
import { onMessage, PageWindow, runPreload } from '../testing/fake-page.js';

const PRELOAD = fileURLToPath(new URL('./preload.cjs', import.meta.url));
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const load = () => {
  const page = new PageWindow('app://sotto/index.html');
  const sent: unknown[][] = [];
  const ipcRenderer = Object.assign(new EventEmitter(), { send: (...what: unknown[]) => void sent.push(what) });
  runPreload(PRELOAD, { ipcRenderer }, page);
  return { page, sent, ipcRenderer };
};

describe('the preload', () => {
  it('speaks the words of the bridge: asks for a port when the page does, and hands it over', async () => {
    const { page, sent, ipcRenderer } = load();
    const heard: unknown[] = [];
    onMessage(page, (event) => void heard.push(event));
    page.postMessage(PAGE_MESSAGES.ready, page.location.origin);
    await turn();
    expect(sent).toEqual([[ATTACH_CHANNEL]]);
    const port = { name: 'port' };
    ipcRenderer.emit(ATTACH_CHANNEL, { ports: [port] }, null);
    await turn();
    expect(heard.slice(1)).toMatchObject([{ data: PAGE_MESSAGES.port, ports: [port], origin: 'app://sotto' }]);
  });

  it.each([
    ['another message', { data: 'hello' }],
    ['an object that looks like it', { data: { type: PAGE_MESSAGES.ready } }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another window', { source: {} }],
  ])('asks for nothing at %s', async (_, more) => {
    const { page, sent } = load();
    const usual = { data: PAGE_MESSAGES.ready, origin: page.location.origin, source: page };
    page.dispatchEvent(Object.assign(new Event('message'), usual, more));
    expect(sent).toEqual([]);
    page.dispatchEvent(Object.assign(new Event('message'), usual));
    expect(sent).toEqual([[ATTACH_CHANNEL]]);
  });

  it('listens on one channel and loads nothing but Electron', () => {
    expect(load().ipcRenderer.eventNames()).toEqual([ATTACH_CHANNEL]);
  });

  it('gives the page nothing: its window is as it was', () => {
    expect(Object.keys(load().page)).toEqual(['location']);
  });
});
