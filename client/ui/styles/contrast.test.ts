import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

/** A token's colours, light and dark. */
const token = (name: string): readonly [string, string] => {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(css);
  if (found?.[1] === undefined || found[2] === undefined) throw new Error(`tokens.css has no --${name}`);
  return [found[1], found[2]];
};

/** Relative luminance of WCAG 2.2. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const SURFACES = ['canvas', 'surface', 'raised', 'hover', 'pressed', 'selected', 'bubble-in', 'bubble-out'];
const THEMES = ['light', 'dark'] as const;

/** What may stand on what, and the least contrast of WCAG AA: 4.5 for words, 3 for controls and focus. */
const PAIRS: readonly (readonly [string, readonly string[], number])[] = [
  ['text', [...SURFACES, 'accent-soft', 'error-bg', 'warning-bg', 'success-bg'], 7],
  ['muted', SURFACES, 4.5],
  ['accent', SURFACES, 4.5],
  ['error', [...SURFACES, 'error-bg'], 4.5],
  ['warning', [...SURFACES, 'warning-bg'], 4.5],
  ['success', [...SURFACES, 'success-bg'], 4.5],
  ['on-accent', ['accent', 'accent-hover', 'accent-pressed'], 4.5],
  ['focus', SURFACES, 3],
  ['control-border', ['canvas', 'surface', 'raised'], 3],
];

describe.each(THEMES)('contrast in the %s theme', (theme) => {
  const colour = (name: string): string => token(name)[THEMES.indexOf(theme)] ?? '';

  it.each(PAIRS)('%s on %j is at least %d', (front, backs, least) => {
    const worst = Math.min(...backs.map((back) => contrast(colour(front), colour(back))));
    expect(worst).toBeGreaterThanOrEqual(least);
  });
});
