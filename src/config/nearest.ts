/** Changes of a letter by which a word may be away from the one that was meant. */
const MOST_CHANGES = 3;

/** The word that somebody has most probably meant, if it is not far from what he wrote. */
export function nearest(written: string, words: readonly string[]): string | undefined {
  const letters = lettersOf(written);
  const most = Math.min(MOST_CHANGES, Math.floor(letters.length / 2));
  const near = words
    .map((word) => ({ word, changes: changesBetween(letters, lettersOf(word)) }))
    .filter(({ changes }) => changes <= most)
    .sort((a, b) => a.changes - b.changes);
  return near[0]?.word;
}

/** Neither how words are joined nor which letters are large matters. */
function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '');
}

/** How many letters have to be put in, taken out or replaced (Levenshtein's distance). */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (const [n, letter] of [...from].entries()) {
    const next = [n + 1];
    for (const [m, other] of [...to].entries()) {
      const [left = 0, above = 0, aslant = 0] = [next[m], row[m + 1], row[m]];
      next.push(Math.min(left + 1, above + 1, aslant + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
