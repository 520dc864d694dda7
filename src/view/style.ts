/** How a piece of a line looks. */
export type Look = 'plain' | 'bold' | 'dim' | 'good' | 'warning' | 'bad';

export interface Piece {
  text: string;
  look?: Look;
}

/** What a terminal can show. */
export interface Style {
  /** Whether it may be coloured, see https://no-color.org. */
  colours: boolean;
  /** Whether it knows more than ASCII. */
  unicode: boolean;
}

const COLOURS: Partial<Record<Look, number>> = { good: 32, warning: 33, bad: 31 };
const WEIGHTS: Partial<Record<Look, number>> = { bold: 1, dim: 2 };

/** Of a terminal, by what its environment says. */
export function styleOf({ NO_COLOR, LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Style {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { colours: !NO_COLOR, unicode: /utf-?8/i.test(locale) };
}

/** A line of pieces, of which no more is there than columns. */
export function paint(pieces: readonly Piece[], columns: number, { colours }: Style): string {
  let room = columns;
  let line = '';
  for (const { text, look = 'plain' } of pieces) {
    const shown = cut(text, room);
    room -= width(shown);
    const code = WEIGHTS[look] ?? (colours ? COLOURS[look] : undefined);
    line += code === undefined || shown === '' ? shown : `\x1b[${code}m${shown}\x1b[0m`;
  }
  return line;
}

/** Every character counts as one column: where one takes two, the terminal cuts off what sticks out. */
export function width(text: string): number {
  return [...text].length;
}

function cut(text: string, room: number): string {
  const characters = [...text.replaceAll(/\p{Cc}/gu, ' ')];
  if (characters.length <= room) return characters.join('');
  return room <= 0 ? '' : `${characters.slice(0, room - 1).join('')}~`;
}
