import { createInterface } from 'node:readline';
import { commands } from './load/commands.ts';

/** The program of a load process: runs the commands that come as lines of JSON, one at a time. */
for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line) as Request;
  const command = commands[name] as (args: unknown) => unknown;
  const answer = await Promise.resolve(command(args)).then(
    (result) => ({ result }),
    (error) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();

interface Request {
  name: keyof typeof commands;
  args: unknown;
}
