import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createZxingDecoder, decodeWithJsqr, type QrDecoder } from '@sotto/client/decoding';
import { makePictures, measureDecoder, PICTURE_CLASSES } from '@sotto/client/decoding/corpus';
import { median, percentile, short, table } from '../statistics.js';

const SEED = 1;

const loadZxing = async (): Promise<QrDecoder> => {
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  return createZxingDecoder({ bytes: new Uint8Array(await readFile(file)).buffer });
};

/** Both decoders on every picture of the corpus: how many each reads, and how long it takes, failures included. */
export const benchDecode = async (): Promise<string> => {
  const pictures = makePictures(SEED);
  const decoders: readonly (readonly [string, QrDecoder])[] = [
    ['zxing-wasm', await loadZxing()],
    ['jsQR', decodeWithJsqr],
  ];
  const rows: string[][] = [];
  for (const kind of PICTURE_CLASSES)
    for (const [name, decoder] of decoders) {
      const { right, wrong, pictures: count, durationsMs } = await measureDecoder(decoder, pictures, kind);
      const times = [median(durationsMs), percentile(durationsMs, 0.95)].map(short);
      rows.push([kind, name, `${String(right)} of ${String(count)}`, String(wrong), ...times]);
    }
  return table(['class', 'decoder', 'right', 'misread', 'p50 ms', 'p95 ms'], rows);
};
