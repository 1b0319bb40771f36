import type { QrImage } from '../qr-decoder.js';

/** Light of every pixel, 0 to 255, row by row. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly light: Float32Array;
}

/** A flat square in front of the camera: dark modules on a light ground with its quiet zone. */
export interface Target {
  readonly size: number;
  readonly dark: (column: number, row: number) => boolean;
}

/** Where a target's square, quiet zone included, lies in the frame: its corners from the upper left, clockwise. */
export type Corners = readonly [Point, Point, Point, Point];
export type Point = readonly [x: number, y: number];

export const QUIET_MODULES = 4;
/** Samples along each side of a pixel, so that edges are grey as on a sensor. */
const SAMPLES = 2;

export const emptyFrame = (width: number, height: number, light: number): Frame => ({
  width,
  height,
  light: new Float32Array(width * height).fill(light),
});

/** From the frame back to the unit square: the inverse of the projective map of a square to a quadrilateral (Heckbert 1989). */
const toUnitSquare = ([a, b, c, d]: Corners): ((x: number, y: number) => Point) => {
  const dx1 = b[0] - c[0];
  const dx2 = d[0] - c[0];
  const dx3 = a[0] - b[0] + c[0] - d[0];
  const dy1 = b[1] - c[1];
  const dy2 = d[1] - c[1];
  const dy3 = a[1] - b[1] + c[1] - d[1];
  const scale = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / scale;
  const h = (dx1 * dy3 - dx3 * dy1) / scale;
  const [m, n, o] = [b[0] - a[0] + g * b[0], d[0] - a[0] + h * d[0], a[0]];
  const [p, q, r] = [b[1] - a[1] + g * b[1], d[1] - a[1] + h * d[1], a[1]];
  return (x, y) => {
    const u = (q - r * h) * x + (o * h - n) * y + (n * r - o * q);
    const v = (r * g - p) * x + (m - o * g) * y + (o * p - m * r);
    const w = (p * h - q * g) * x + (n * g - m * h) * y + (m * q - n * p);
    return [u / w, v / w];
  };
};

/** How light paper and ink are. */
export interface Tones {
  readonly paper: number;
  readonly ink: number;
}

const USUAL: Tones = { paper: 235, ink: 25 };

/** The light of one pixel that falls on the target, and the share of the pixel that does. */
const shade = (target: Target, { paper, ink }: Tones, samples: readonly Point[]): { light: number; share: number } => {
  const modules = target.size + 2 * QUIET_MODULES;
  let light = 0;
  let covered = 0;
  for (const [u, v] of samples) {
    if (u < 0 || u >= 1 || v < 0 || v >= 1) continue;
    covered += 1;
    const [column, row] = [Math.floor(u * modules) - QUIET_MODULES, Math.floor(v * modules) - QUIET_MODULES];
    light += target.dark(column, row) ? ink : paper;
  }
  return { light: light / samples.length, share: covered / samples.length };
};

/** Draws a target into the frame as a camera would see it. */
export const show = (frame: Frame, target: Target, corners: Corners, tones = USUAL): void => {
  const place = toUnitSquare(corners);
  const steps = Array.from({ length: SAMPLES }, (_, index) => (index + 0.5) / SAMPLES);
  for (let at = 0; at < frame.light.length; at += 1) {
    const [x, y] = [at % frame.width, Math.floor(at / frame.width)];
    const samples = steps.flatMap((down) => steps.map((right) => place(x + right, y + down)));
    const { light, share } = shade(target, tones, samples);
    if (share > 0) frame.light[at] = light + (frame.light[at] ?? 0) * (1 - share);
  }
};

/** What an 8-bit sensor makes of it. */
export const develop = ({ width, height, light }: Frame): QrImage => {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < light.length; at += 1)
    data.fill(light[at] ?? 0, at * 4, at * 4 + 3).fill(255, at * 4 + 3, at * 4 + 4);
  return { data, width, height };
};
