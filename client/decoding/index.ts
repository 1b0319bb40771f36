export { decodeWithJsqr } from './jsqr-decoder.js';
export { MOST_CODES, type QrDecoder, type QrImage } from './qr-decoder.js';
export { createZxingDecoder, type ZxingSource } from './zxing-decoder.js';
