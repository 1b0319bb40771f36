import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makePictures, measureDecoder, PICTURE_CLASSES, type PictureClass } from './corpus/index.js';
import { createZxingDecoder, decodeWithJsqr, type QrDecoder, type QrImage } from './index.js';

const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
const decodeWithZxing = createZxingDecoder({ bytes: new Uint8Array(wasm).buffer });
const pictures = makePictures(1);

const check = async (name: string, decoder: QrDecoder, kind: PictureClass): Promise<void> => {
  const score = await measureDecoder(decoder, pictures, kind);
  process.stdout.write(`${name} on ${kind}: ${score.right} of ${score.pictures} right, ${score.wrong} wrong\n`);
  expect(score).toMatchObject({ kind, right: score.pictures, wrong: 0 });
};

/** Two pictures on one white sheet, well apart. */
const sideBySide = (left: QrImage, right: QrImage): QrImage => {
  const [width, height] = [left.width + 200 + right.width, Math.max(left.height, right.height)];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const put = (image: QrImage, x: number): void => {
    for (let y = 0; y < image.height; y += 1)
      data.set(image.data.subarray(y * image.width * 4, (y + 1) * image.width * 4), (y * width + x) * 4);
  };
  put(left, 0);
  put(right, left.width + 200);
  return { data, width, height };
};

describe('the corpus', () => {
  it('has two hundred pictures or more, and every class among them', () => {
    expect(pictures.length).toBeGreaterThanOrEqual(200);
    expect(new Set(pictures.map(({ kind }) => kind))).toEqual(new Set(PICTURE_CLASSES));
  });

  it('is the same to the pixel every time, and another for another seed', () => {
    const draw = (seed: number) =>
      makePictures(seed)
        .find(({ kind }) => kind === 'noise')
        ?.draw();
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('ZXing', () => {
  it.each(PICTURE_CLASSES)('reads exactly the codes of every picture: %s', (kind) =>
    check('ZXing', decodeWithZxing, kind),
  );
});

describe('jsQR', () => {
  it.each(['clean', 'rotation', 'inverted'] as const)('reads clean pictures: %s', (kind) =>
    check('jsQR', decodeWithJsqr, kind),
  );

  it('reads one code after the other, where they stand apart', async () => {
    const [left, right] = pictures.filter(({ kind }) => kind === 'clean');
    if (left === undefined || right === undefined) throw new Error('the corpus is empty');
    const shown = sideBySide(left.draw(), right.draw());
    expect((await decodeWithJsqr(shown)).toSorted()).toEqual([...left.texts, ...right.texts].toSorted());
  });
});
