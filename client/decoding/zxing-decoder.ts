import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import { MOST_CODES, type QrDecoder } from './qr-decoder.js';

/** Where the WebAssembly comes from: its bytes, or an address of our own host. By default the package would ask the internet. */
export type ZxingSource = { readonly bytes: ArrayBuffer } | { readonly url: string };

const OPTIONS = {
  formats: ['QRCode'],
  textMode: 'Plain',
  maxNumberOfSymbols: MOST_CODES,
  tryHarder: true,
} as const satisfies ReaderOptions;

/** ZXing in WebAssembly: for frames of a camera. */
export const createZxingDecoder = (source: ZxingSource): QrDecoder => {
  prepareZXingModule({
    overrides: 'bytes' in source ? { wasmBinary: source.bytes } : { locateFile: () => source.url },
  });
  return async (image) => {
    const found = await readBarcodes({ ...image, colorSpace: 'srgb' }, { ...OPTIONS, formats: [...OPTIONS.formats] });
    return found.filter(({ isValid }) => isValid).map(({ text }) => text);
  };
};
