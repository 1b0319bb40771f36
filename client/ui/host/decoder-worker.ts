import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { createZxingDecoder, decodeWithJsqr, type QrImage } from '@sotto/client/decoding';

/**
 * Reads codes beside the page: a frame that takes long stops nobody, and only here may WebAssembly run. A picture that may be
 * clean is shown to both decoders, a frame of a camera to the fast one; where WebAssembly is switched off, jsQR does what it can.
 */

export interface DecoderRequest {
  readonly id: number;
  readonly kind: 'still' | 'frame';
  readonly image: QrImage;
}

export interface DecoderAnswer {
  readonly id: number;
  readonly texts: readonly string[];
}

/** Beyond it jsQR takes seconds, and the picture is no screenshot of a code. */
const MOST_PIXELS_FOR_JSQR = 1_500_000;

const decodeWithZxing = createZxingDecoder({ url: wasmUrl });
let zxingWorks = true;

const readFast = async (image: QrImage): Promise<readonly string[] | undefined> => {
  if (!zxingWorks) return undefined;
  try {
    return await decodeWithZxing(image);
  } catch {
    zxingWorks = false;
    return undefined;
  }
};

const read = async ({ kind, image }: DecoderRequest): Promise<readonly string[]> => {
  const fast = await readFast(image);
  if (fast !== undefined && (kind === 'frame' || image.width * image.height > MOST_PIXELS_FOR_JSQR)) return fast;
  return [...new Set([...(fast ?? []), ...(await decodeWithJsqr(image))])];
};

addEventListener('message', (event: MessageEvent<DecoderRequest>) => {
  const { id } = event.data;
  void read(event.data).then((texts) => postMessage({ id, texts } satisfies DecoderAnswer));
});
