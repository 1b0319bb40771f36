/** Looks for codes in what the window can see: pictures that are handed in, and the camera. */
export interface CodeReader {
  /** `undefined` for what is no picture. */
  readonly readPicture: (picture: Blob) => Promise<readonly string[] | undefined>;
  /** What the camera sees at this moment. */
  readonly readFrame: (video: HTMLVideoElement) => Promise<readonly string[]>;
  readonly openCamera: () => Promise<MediaStream | CameraTrouble>;
}

export type CameraTrouble = 'denied' | 'missing';

export const isTrouble = (camera: MediaStream | CameraTrouble): camera is CameraTrouble => typeof camera === 'string';

/** What is to be made of the codes of one picture. `several`: it shows more than one linking code, and nobody may guess. */
export type SeenCode =
  { readonly kind: 'none' | 'foreign' | 'several' } | { readonly kind: 'code'; readonly code: string };

/** Later versions count as well: the core says that they are newer. */
const LINK_CODE = /^SLK\d{1,3}:/i;

export const seenCode = (texts: readonly string[]): SeenCode => {
  const codes = [...new Set(texts.map((text) => text.trim()).filter((text) => LINK_CODE.test(text)))];
  const [code] = codes;
  if (code === undefined) return { kind: texts.some((text) => text !== '') ? 'foreign' : 'none' };
  return codes.length > 1 ? { kind: 'several' } : { kind: 'code', code };
};
