import type { QrDecoder } from '../qr-decoder.js';
import type { Picture, PictureClass } from './pictures.js';

/** How a decoder did on the pictures of one class. */
export interface DecoderScore {
  readonly kind: PictureClass;
  readonly pictures: number;
  /** Pictures of which exactly the codes that are in it were read. */
  readonly right: number;
  /** Pictures of which something was read that is not in it. */
  readonly wrong: number;
  /** How long each picture took, in the order of the pictures. */
  readonly durationsMs: readonly number[];
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.toSorted().every((text, index) => text === other.toSorted()[index]);

/** Shows a decoder the pictures of one class. */
export const measureDecoder = async (
  decoder: QrDecoder,
  pictures: readonly Picture[],
  kind: PictureClass,
): Promise<DecoderScore> => {
  const durationsMs: number[] = [];
  const ofKind = pictures.filter((picture) => picture.kind === kind);
  let right = 0;
  let wrong = 0;
  for (const picture of ofKind) {
    const image = picture.draw();
    const begun = performance.now();
    const texts = await decoder(image);
    durationsMs.push(performance.now() - begun);
    if (same(texts, picture.texts)) right += 1;
    if (texts.some((text) => !picture.texts.includes(text))) wrong += 1;
  }
  return { kind, pictures: ofKind.length, right, wrong, durationsMs };
};
