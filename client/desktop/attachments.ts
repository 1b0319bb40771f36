import type { IpcMain, MessageChannelMain, WebFrameMain } from 'electron';
import { ATTACH_CHANNEL } from '@sotto/client/bridge';
import type { CoreLink } from './core-link.js';
import { PAGE_ORIGIN } from './window-page.js';

interface AttachmentParts {
  readonly ipcMain: Pick<IpcMain, 'on'>;
  readonly createChannel: () => MessageChannelMain;
  readonly core: Pick<CoreLink, 'attach'>;
}

/** Whether it is our own page in the main frame that speaks: a frame inside it, or another page, gets nothing. */
const isOurPage = (frame: WebFrameMain): boolean => frame.parent === null && frame.url.startsWith(`${PAGE_ORIGIN}/`);

/** Gives a window that asks a port of its own to the core. No other message from any window is heard. */
export const serveAttachments = ({ ipcMain, createChannel, core }: AttachmentParts): void => {
  ipcMain.on(ATTACH_CHANNEL, ({ senderFrame }) => {
    // Without a frame the page that asked is gone.
    if (senderFrame === null || !isOurPage(senderFrame)) return;
    const { port1, port2 } = createChannel();
    core.attach(port1);
    senderFrame.postMessage(ATTACH_CHANNEL, null, [port2]);
  });
};
