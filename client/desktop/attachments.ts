import type { IpcMain, IpcMainEvent, MessageChannelMain } from 'electron';
import { ATTACH_CHANNEL } from '@sotto/client/bridge';
import type { CoreLink } from './core-link.js';
import { PAGE_ORIGIN } from './window-page.js';

interface AttachmentParts {
  readonly ipcMain: Pick<IpcMain, 'on'>;
  readonly createChannel: () => MessageChannelMain;
  readonly core: Pick<CoreLink, 'attach'>;
}

/** Whether it is our own page in the main frame that speaks: a frame inside it, or another page, gets nothing. */
const isOurPage = ({ senderFrame }: IpcMainEvent): boolean =>
  senderFrame !== null && senderFrame.parent === null && senderFrame.url.startsWith(`${PAGE_ORIGIN}/`);

/** Gives a window that asks a port of its own to the core. No other message from any window is heard. */
export const serveAttachments = ({ ipcMain, createChannel, core }: AttachmentParts): void => {
  ipcMain.on(ATTACH_CHANNEL, (event) => {
    if (!isOurPage(event)) return;
    const { port1, port2 } = createChannel();
    core.attach(port1);
    event.sender.postMessage(ATTACH_CHANNEL, null, [port2]);
  });
};
