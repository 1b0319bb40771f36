import { writeFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 4;
const GREY = 128;

/** Run in the page: Node has no canvas. Answers one grey value a pixel. */
const GREY_OF = `async ({ base64, width, height }) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.fillStyle = '#bbb';
  context.fillRect(0, 0, width, height);
  const scale = Math.min((width - 20) / picture.width, (height - 20) / picture.height);
  const [wide, high] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (width - wide) / 2, (height - high) / 2, wide, high);
  const { data } = context.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, index) => data[index * 4]);
}`;

/** A picture in the middle of a camera's frame. */
const frameOf = async (page: Page, png: Buffer): Promise<Uint8Array> => {
  const picture = JSON.stringify({ base64: png.toString('base64'), width: WIDTH, height: HEIGHT });
  return Uint8Array.from(await page.evaluate<number[]>(`(${GREY_OF})(${picture})`));
};

/** What a camera would see that is held before `shown`, as a film that Chromium plays as its webcam (YUV4MPEG2). */
export const filmOf = async (shown: Locator, scratch: Page, file: string): Promise<void> => {
  const grey = await frameOf(scratch, await shown.screenshot());
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), grey, colour]);
  const head = Buffer.from(`YUV4MPEG2 W${String(WIDTH)} H${String(HEIGHT)} F10:1 Ip A1:1 C420mpeg2\n`);
  await writeFile(file, Buffer.concat([head, ...Array.from({ length: FRAMES }, () => frame)]));
};

export const webcamFlags = (film: string): readonly string[] => [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-video-capture=${film}`,
];
