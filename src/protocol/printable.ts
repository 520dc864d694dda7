const LONGEST = 128;

/** Control characters that JSON leaves as they are, and those that change a line's direction or show as nothing. */
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text from the wire made safe for a log: control characters escaped, cut. */
export function escaped(text: string, longest = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut).slice(1, -1).replace(UNSEEN, escapeCharacter);
}

/** {@link escaped}, in quotes. */
export function printable(text: string): string {
  return `"${escaped(text)}"`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
