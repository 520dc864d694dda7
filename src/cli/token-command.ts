import { createToken } from '../broker/access/create-token.ts';
import { tokenCreateCommand } from '../options/broker-program.ts';
import { print } from './print.ts';
import { program } from './program.ts';

/** `relay-broker token create <name> --tokens <file>`. What is for people goes to stderr: scripts read the token. */
export function createTokenCommand(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...tokenCreateCommand,
      async run({ name, tokens }) {
        const token = await createToken(tokens, name);
        process.stderr.write(`Added "${name}" to ${tokens}. Give its agent this token:\n`);
        print(`${token}\n`);
      },
    },
    rawArgs,
  );
}
