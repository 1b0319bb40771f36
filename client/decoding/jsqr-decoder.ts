import jsQR from 'jsqr/dist/jsQR.js';
import { MOST_CODES, type QrDecoder, type QrImage } from './qr-decoder.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Whitens the box around a code that has been read, so that the next search meets another one. */
const erase = (pixels: Uint8ClampedArray, { width, height }: QrImage, corners: readonly Point[]): void => {
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const left = Math.max(0, Math.floor(Math.min(...xs)));
  const right = Math.min(width, Math.ceil(Math.max(...xs)));
  const bottom = Math.min(height, Math.ceil(Math.max(...ys)));
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y < bottom; y += 1)
    if (right > left) pixels.fill(255, (y * width + left) * 4, (y * width + right) * 4);
};

/** jsQR, in plain JavaScript: for clean images, such as a screenshot. It reads one code at a time. */
export const decodeWithJsqr: QrDecoder = async (image) => {
  const pixels = new Uint8ClampedArray(image.data);
  const texts: string[] = [];
  for (let turn = 0; turn < MOST_CODES; turn += 1) {
    const found = jsQR(pixels, image.width, image.height);
    if (found === null) break;
    texts.push(found.data);
    const { topLeftCorner, topRightCorner, bottomLeftCorner, bottomRightCorner } = found.location;
    erase(pixels, image, [topLeftCorner, topRightCorner, bottomLeftCorner, bottomRightCorner]);
  }
  return texts;
};
