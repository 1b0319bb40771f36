export { decodeWithJsqr } from './jsqr-decoder.js';
export type { QrDecoder, QrImage } from './qr-decoder.js';
export { createZxingDecoder, type ZxingSource } from './zxing-decoder.js';
