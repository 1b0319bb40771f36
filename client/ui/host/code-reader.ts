import type { QrImage } from '@sotto/client/decoding';
import workerUrl from './decoder-worker.ts?worker&url';
import type { DecoderAnswer, DecoderRequest } from './decoder-worker.js';
import type { CodeReader } from '../model/code-reader.js';

/** Enough for a code that fills a third of the picture; more only takes longer. */
const PICTURE_SIDE = 2_000;
const FRAME_SIDE = 1_280;

/** The part of trusted types (W3C) that is needed, where the browser has them. */
interface TrustedTypesPage {
  readonly trustedTypes?: {
    createPolicy: (
      name: string,
      rules: { createScriptURL: (url: string) => string },
    ) => {
      createScriptURL: (url: string) => string;
    };
  };
}

/** The page starts no script by address but this one: the policy says so, and gives no other address. */
const workerAddress = (page: Window & TrustedTypesPage): string =>
  page.trustedTypes?.createPolicy('sotto-decoder', { createScriptURL: () => workerUrl }).createScriptURL('') ??
  workerUrl;

const pixelsOf = (source: CanvasImageSource, width: number, height: number, side: number): QrImage | undefined => {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null || width === 0 || height === 0) return undefined;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { data: new Uint8ClampedArray(data), width: canvas.width, height: canvas.height };
};

const createDecoder = (
  page: Window,
): ((kind: DecoderRequest['kind'], image: QrImage) => Promise<readonly string[]>) => {
  const waiting = new Map<number, (texts: readonly string[]) => void>();
  let worker: Worker | undefined;
  let nextId = 1;

  const settle = (id: number, texts: readonly string[]): void => {
    waiting.get(id)?.(texts);
    waiting.delete(id);
  };
  const start = (): Worker => {
    const made = new Worker(workerAddress(page), { type: 'module' });
    made.addEventListener('message', ({ data }: MessageEvent<DecoderAnswer>) => settle(data.id, data.texts));
    // It will not come back; nothing is seen then, and typing a code remains.
    made.addEventListener('error', () => [...waiting.keys()].forEach((id) => settle(id, [])));
    return made;
  };

  return (kind, image) =>
    new Promise((resolve) => {
      worker ??= start();
      const id = nextId++;
      waiting.set(id, resolve);
      worker.postMessage({ id, kind, image } satisfies DecoderRequest, [image.data.buffer]);
    });
};

/** The eyes of a window. The worker starts with the first picture. */
export const createCodeReader = (page: Window): CodeReader => {
  const decode = createDecoder(page);
  return {
    readPicture: async (picture) => {
      let bitmap: ImageBitmap;
      try {
        bitmap = await createImageBitmap(picture);
      } catch {
        return undefined;
      }
      const image = pixelsOf(bitmap, bitmap.width, bitmap.height, PICTURE_SIDE);
      bitmap.close();
      return image === undefined ? undefined : decode('still', image);
    },
    readFrame: async (video) => {
      const image = pixelsOf(video, video.videoWidth, video.videoHeight, FRAME_SIDE);
      return image === undefined ? [] : decode('frame', image);
    },
    openCamera: async () => {
      // Absent where the page is not served from this machine or by TLS.
      const devices = (page.navigator as Partial<Navigator>).mediaDevices;
      if (devices === undefined) return 'missing';
      try {
        return await devices.getUserMedia({
          audio: false,
          video: { facingMode: 'environment', width: { ideal: 1_280 }, height: { ideal: 720 } },
        });
      } catch (error) {
        return error instanceof DOMException && ['NotAllowedError', 'SecurityError'].includes(error.name)
          ? 'denied'
          : 'missing';
      }
    },
  };
};
