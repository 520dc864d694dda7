import { FAILURE } from './exit-code.ts';

const OUTPUTS = [process.stdout, process.stderr];

/** Lets no output end the program: whoever reads a log may go, its disk may be full, and what is relayed goes on. */
export function outliveReaders(): void {
  for (const output of OUTPUTS) output.on('error', () => {});
}

/** Prints what was asked for. Where nobody takes it, the exit code says so alone: as with SIGPIPE, which Node ignores. */
export function print(text: string): void {
  process.stdout.write(text, (error) => {
    if (error) process.exitCode = FAILURE;
  });
}
