import type { Shell } from '../options/broker-program.ts';
import type { Program } from '../options/program.ts';
import { bashCompletions } from './bash.ts';
import { fishCompletions } from './fish.ts';
import { zshCompletions } from './zsh.ts';

/** What a shell has to read to complete the command lines of these programs. */
export function completionsFor(shell: Shell, programs: readonly Program[]): string {
  return WRITERS[shell](programs);
}

const WRITERS: Record<Shell, (programs: readonly Program[]) => string> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};
