import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makePictures, measureDecoder, PICTURE_CLASSES, type PictureClass } from './corpus/index.js';
import { createZxingDecoder, decodeWithJsqr, type QrDecoder } from './index.js';

const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
const decodeWithZxing = createZxingDecoder({ bytes: new Uint8Array(wasm).buffer });
const pictures = makePictures(1);

const check = async (name: string, decoder: QrDecoder, kind: PictureClass): Promise<void> => {
  const score = await measureDecoder(decoder, pictures, kind);
  process.stdout.write(`${name} on ${kind}: ${score.right} of ${score.pictures} right, ${score.wrong} wrong\n`);
  expect(score).toMatchObject({ kind, right: score.pictures, wrong: 0 });
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

  it('reads one code after the other', async () => {
    const [screenshot] = pictures;
    const image = screenshot?.draw();
    if (screenshot === undefined || image === undefined) throw new Error('the corpus is empty');
    const { width, height, data } = image;
    const twice = new Uint8ClampedArray(2 * data.length);
    for (let y = 0; y < height; y += 1) {
      const row = data.subarray(y * width * 4, (y + 1) * width * 4);
      twice.set(row, 2 * y * width * 4);
      twice.set(row, (2 * y + 1) * width * 4);
    }
    const texts = await decodeWithJsqr({ data: twice, width: 2 * width, height });
    expect(texts).toEqual([...screenshot.texts, ...screenshot.texts]);
  });
});
