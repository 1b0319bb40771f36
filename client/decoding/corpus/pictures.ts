import qrcode from 'qrcode';
import { MOST_CODES, type QrImage } from '../qr-decoder.js';
import { develop, emptyFrame, QUIET_MODULES, show, type Corners, type Frame, type Target } from './camera.js';
import { addGlare, addMoire, addNoise, blur, dim, invert } from './defects.js';
import { createRandom } from './random.js';

/** What the pictures of a class have in common. */
export const PICTURE_CLASSES = [
  'clean',
  'blur',
  'noise',
  'rotation',
  'perspective',
  'lowLight',
  'glare',
  'moire',
  'inverted',
  'several',
  'foreign',
  'empty',
] as const;
export type PictureClass = (typeof PICTURE_CLASSES)[number];

/** A picture, and the codes that are to be seen in it. */
export interface Picture {
  readonly kind: PictureClass;
  readonly number: number;
  readonly texts: readonly string[];
  /** Made when it is asked for: two hundred frames at once would fill the memory. */
  readonly draw: () => QrImage;
}

const PICTURES_A_CLASS = 18;
const WIDTH = 640;
const HEIGHT = 480;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** The characters of a linking code without pin and with a host of 16 characters: version 9 at level M. */
const CODE_LENGTH = 256;

type Random = () => number;

const between = (random: Random, least: number, most: number): number => least + random() * (most - least);

const linkText = (random: Random): string =>
  `SLK1:${Array.from({ length: CODE_LENGTH }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('')}`;

const FOREIGN = [
  'https://example.org/menu?table=4',
  'WIFI:T:WPA;S:cafe;P:1234567890;;',
  'otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXP&issuer=Example',
  'sgnl://linkdevice?uuid=00000000-0000-4000-8000-000000000000&pub_key=AAAA',
] as const;

const targetOf = (text: string): Target => {
  const { modules } = qrcode.create(text, { errorCorrectionLevel: 'M' });
  const inside = (at: number): boolean => at >= 0 && at < modules.size;
  return {
    size: modules.size,
    dark: (column, row) => inside(column) && inside(row) && modules.data[row * modules.size + column] === 1,
  };
};

interface Place {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly angle?: number;
  /** Moves each corner by up to that share of the side. */
  readonly tilt?: number;
}

/** A square around a middle, turned and tilted. */
const square = (random: Random, { x, y, side, angle = 0, tilt = 0 }: Place): Corners => {
  const corner = (cornerX: -1 | 1, cornerY: -1 | 1): readonly [number, number] => {
    const [dx, dy] = [(cornerX * side) / 2, (cornerY * side) / 2];
    const shift = (): number => between(random, -tilt, tilt) * side;
    return [
      x + dx * Math.cos(angle) - dy * Math.sin(angle) + shift(),
      y + dx * Math.sin(angle) + dy * Math.cos(angle) + shift(),
    ];
  };
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
};

interface Pose {
  readonly side?: number;
  readonly angle?: number;
  readonly tilt?: number;
}

/** One code somewhere in the middle of a grey room. */
const single = (
  random: Random,
  text: string,
  { side = between(random, 300, 420), angle = 0, tilt = 0 }: Pose = {},
): Frame => {
  const frame = emptyFrame(WIDTH, HEIGHT, between(random, 90, 170));
  const x = WIDTH / 2 + between(random, -60, 60);
  const y = HEIGHT / 2 + between(random, -20, 20);
  show(frame, targetOf(text), square(random, { x, y, side, angle, tilt }));
  return frame;
};

/** A screenshot: exact modules of `scale` pixels. */
const screenshot = (text: string, scale: number): Frame => {
  const target = targetOf(text);
  const side = (target.size + 2 * QUIET_MODULES) * scale;
  const frame = emptyFrame(side, side, 255);
  show(
    frame,
    target,
    [
      [0, 0],
      [side, 0],
      [side, side],
      [0, side],
    ],
    { paper: 255, ink: 0 },
  );
  return frame;
};

type Painter = (random: Random, texts: readonly [string, ...string[]], number: number) => Frame;

const PAINTERS: Readonly<Record<PictureClass, Painter>> = {
  clean: (_, [text], number) => screenshot(text, 2 + (number % 5)),
  blur: (random, [text], number) => {
    const frame = single(random, text);
    blur(frame, 1 + (number % 2));
    return frame;
  },
  noise: (random, [text], number) => {
    const frame = single(random, text);
    addNoise(frame, 8 + 2 * number, random);
    return frame;
  },
  rotation: (random, [text], number) =>
    single(random, text, { side: 320, angle: (2 * Math.PI * number) / PICTURES_A_CLASS + 0.1 }),
  perspective: (random, [text]) => single(random, text, { side: 380, angle: between(random, -0.3, 0.3), tilt: 0.07 }),
  lowLight: (random, [text]) => {
    const frame = single(random, text);
    dim(frame, between(random, 0.15, 0.3), between(random, 0.35, 0.5));
    addNoise(frame, 4, random);
    return frame;
  },
  glare: (random, [text]) => {
    const frame = single(random, text);
    addGlare(frame, {
      x: between(random, 200, 440),
      y: between(random, 140, 340),
      radius: between(random, 25, 60),
      strength: 0.9,
    });
    addNoise(frame, 5, random);
    return frame;
  },
  moire: (random, [text]) => {
    const frame = single(random, text, { angle: between(random, -0.1, 0.1) });
    addMoire(frame, between(random, 5, 14), between(random, 5, 14), between(random, 0.1, 0.3));
    blur(frame, 1);
    addNoise(frame, 5, random);
    return frame;
  },
  inverted: (random, [text]) => {
    const frame = single(random, text);
    invert(frame);
    addNoise(frame, 4, random);
    return frame;
  },
  several: (random, texts) => {
    const frame = emptyFrame(2 * WIDTH, HEIGHT, 200);
    texts.forEach((text, index) => {
      const x = ((index + 0.5) * 2 * WIDTH) / texts.length;
      show(frame, targetOf(text), square(random, { x, y: HEIGHT / 2, side: 380, angle: between(random, -0.05, 0.05) }));
    });
    addNoise(frame, 4, random);
    return frame;
  },
  foreign: (random, [text]) => {
    const frame = single(random, text, { angle: between(random, -0.3, 0.3) });
    addNoise(frame, 6, random);
    return frame;
  },
  empty: (random) => {
    const frame = emptyFrame(WIDTH, HEIGHT, between(random, 40, 220));
    addGlare(frame, { x: between(random, 0, WIDTH), y: between(random, 0, HEIGHT), radius: 120, strength: 0.5 });
    addMoire(frame, between(random, 8, 40), between(random, 8, 40), 0.4);
    addNoise(frame, 12, random);
    return frame;
  },
};

const textsOf = (kind: PictureClass, random: Random, number: number): readonly [string, ...string[]] => {
  if (kind === 'foreign') return [FOREIGN[number % FOREIGN.length] ?? FOREIGN[0]];
  const first = linkText(random);
  if (kind !== 'several') return [first];
  return number % 2 === 0
    ? [first, linkText(random)]
    : [first, FOREIGN[number % FOREIGN.length] ?? FOREIGN[0], linkText(random)];
};

/** The pictures of a seed: the same for everybody, to the pixel. */
export const makePictures = (seed: number): readonly Picture[] =>
  PICTURE_CLASSES.flatMap((kind, classNumber) =>
    Array.from({ length: PICTURES_A_CLASS }, (_, number): Picture => {
      const random = createRandom(seed * 1_000_003 + classNumber * 1_009 + number);
      const texts = textsOf(kind, random, number);
      return {
        kind,
        number,
        texts: kind === 'empty' ? [] : texts.slice(0, MOST_CODES),
        draw: () => develop(PAINTERS[kind](random, texts, number)),
      };
    }),
  );
