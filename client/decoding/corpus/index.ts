export { measureDecoder, type DecoderScore } from './measure-decoder.js';
export { makePictures, PICTURE_CLASSES, type Picture, type PictureClass } from './pictures.js';
