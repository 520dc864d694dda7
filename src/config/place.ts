/** Where something begins in a file, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** Something that is wrong at a place. */
export interface Flaw {
  at: Place;
  text: string;
}

export const START: Place = { line: 1, column: 1 };

/** As editors and compilers are used to it. */
export function locate(file: string, { at: { line, column }, text }: Flaw): string {
  return `${file}:${line}:${column}: ${text}`;
}
