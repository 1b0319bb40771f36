import type { Frame } from './camera.js';

type Change = (frame: Frame, light: number, x: number, y: number) => number;

const change = (frame: Frame, by: Change): void => {
  for (let y = 0; y < frame.height; y += 1)
    for (let x = 0; x < frame.width; x += 1) {
      const at = y * frame.width + x;
      frame.light[at] = by(frame, frame.light[at] ?? 0, x, y);
    }
};

interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

const blurLine = (light: Float32Array, { start, step, count }: Line, radius: number): void => {
  const line = Float32Array.from({ length: count }, (_, index) => light[start + index * step] ?? 0);
  const at = (index: number): number => line[Math.min(count - 1, Math.max(0, index))] ?? 0;
  let sum = 0;
  for (let index = -radius; index <= radius; index += 1) sum += at(index);
  for (let index = 0; index < count; index += 1) {
    light[start + index * step] = sum / (2 * radius + 1);
    sum += at(index + radius + 1) - at(index - radius);
  }
};

/** Out of focus: two box blurs in each direction, which is close to a Gaussian one. */
export const blur = ({ width, height, light }: Frame, radius: number): void => {
  for (let turn = 0; turn < 2; turn += 1) {
    for (let y = 0; y < height; y += 1) blurLine(light, { start: y * width, step: 1, count: width }, radius);
    for (let x = 0; x < width; x += 1) blurLine(light, { start: x, step: width, count: height }, radius);
  }
};

/** Of a sensor: the sum of four even numbers is close to normal. `amount` is about the standard deviation. */
export const addNoise = (frame: Frame, amount: number, random: () => number): void =>
  change(frame, (_, light) => light + (random() + random() + random() + random() - 2) * 1.73 * amount);

/** Weak and uneven light: what remains falls off from one side to the other. */
export const dim = (frame: Frame, left: number, right: number): void =>
  change(frame, ({ width }, light, x) => light * (left + ((right - left) * x) / width));

interface Lamp {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** 1 drowns everything in its middle. */
  readonly strength: number;
}

/** A lamp that is reflected: everything near it drowns in white. */
export const addGlare = (frame: Frame, lamp: Lamp): void =>
  change(frame, (_, light, x, y) => {
    const distance = Math.hypot(x - lamp.x, y - lamp.y) / lamp.radius;
    return light + 255 * lamp.strength * Math.exp(-distance * distance);
  });

/** A screen that is photographed: its rows beat against those of the sensor, and its glass adds a veil. */
export const addMoire = (frame: Frame, periodX: number, periodY: number, depth: number): void =>
  change(frame, (_, light, x, y) => {
    const wave =
      Math.sin((2 * Math.PI * (x + y * 0.31)) / periodX) * Math.sin((2 * Math.PI * (y - x * 0.17)) / periodY);
    return light * (1 - depth / 2) + 20 + wave * 127 * depth;
  });

export const invert = (frame: Frame): void => change(frame, (_, light) => 255 - light);
