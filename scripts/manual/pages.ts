import type { Program } from '#src/options/program.ts';
import { manPage, pageName } from './man-page.ts';

/** All pages of the manual by their file names. */
export function manualPages(programs: readonly Program[], version: string): Map<string, string> {
  const all = programs.flatMap((program) => [program, ...(program.commands ?? [])]);
  return new Map(
    all.map((page) => {
      const others = all.filter((each) => each !== page);
      return [`${pageName(page)}.1`, manPage(page, version, others)];
    }),
  );
}
