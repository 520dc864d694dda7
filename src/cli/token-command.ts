import { createToken } from '../broker/access/create-token.ts';
import { text } from '../options/values.ts';
import { program } from './program.ts';

const tokenOptions = {
  name: { schema: text, positional: true, help: 'Name of the new token: a-z, 0-9 and -' },
  tokens: { schema: text, hint: 'file', help: 'The tokens file, made if there is none' },
} as const;

/** `relay-broker token create <name> --tokens <file>`. What is for people goes to stderr: scripts read the token. */
export function createTokenCommand(rawArgs: string[]): Promise<void> {
  return program(
    {
      name: 'relay-broker token create',
      description: 'Makes a token, adds it to the tokens file and prints it',
      options: tokenOptions,
      async run({ name, tokens }) {
        const token = await createToken(tokens, name);
        process.stderr.write(`Added "${name}" to ${tokens}. Give its agent this token:\n`);
        process.stdout.write(`${token}\n`);
      },
    },
    rawArgs,
  );
}
