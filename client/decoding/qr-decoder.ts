/** Pixels as a canvas gives them: red, green, blue, alpha. Structurally an `ImageData`. */
export interface QrImage {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Finds the QR codes of an image: the text of each, in no particular order; none where there is none. */
export type QrDecoder = (image: QrImage) => Promise<readonly string[]>;

/** No honest picture holds more, and a page full of codes must not keep us busy. */
export const MOST_CODES = 4;
