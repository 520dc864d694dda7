import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

/** What is written on what, and the least contrast of it (WCAG 2.2, 1.4.3 and 1.4.11). */
const PAIRS: [front: string, backs: string[], least: number][] = [
  ['text', ['page', 'card', 'hover', 'held-fill', 'grave-fill'], 4.5],
  ['faint', ['page', 'card', 'hover'], 4.5],
  ['accent', ['card', 'hover'], 4.5],
  ['grave', ['page', 'card'], 4.5],
  ['on-accent', ['accent'], 4.5],
  ['card', ['grave', 'text'], 4.5],
  ['edge', ['page', 'card'], 3],
  ['second', ['card'], 3],
  ['held', ['card'], 3],
];

const theme = await readFile('src/admin/page/style/theme.css', 'utf8');
const [light = '', dark = ''] = theme.split('@media (prefers-color-scheme: dark)');

for (const [name, css] of Object.entries({ light, dark })) {
  test(`everything can be read in the ${name}`, () => {
    const tooFaint = PAIRS.flatMap(([front, backs, least]) =>
      backs
        .filter((back) => contrast(luminance(css, front), luminance(css, back)) < least)
        .map((back) => `${front} on ${back}`),
    );
    assert.deepEqual(tooFaint, []);
  });
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** WCAG 2.2, "relative luminance", of a colour that a theme gives this name. */
function luminance(css: string, name: string): number {
  const [, colour = ''] = new RegExp(`--${name}: #(\\w+);`).exec(css) ?? [];
  const digits = colour.length === 3 ? colour.replace(/./g, '$&$&') : colour;
  assert.equal(digits.length, 6, name);
  const [red = 0, green = 0, blue = 0] = (digits.match(/../g) ?? []).map((pair) => {
    const share = Number.parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
