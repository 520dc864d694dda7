import { completionsFor } from '../completions/completions.ts';
import { completionsCommand } from '../options/broker-program.ts';
import { programs } from '../options/programs.ts';
import { print } from './print.ts';
import { program } from './program.ts';

/** `relay-broker completions <shell>`, as in `source <(relay-broker completions bash)`. */
export function printCompletions(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...completionsCommand,
      async run({ shell }) {
        print(completionsFor(shell, programs));
      },
    },
    rawArgs,
  );
}
