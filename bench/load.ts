import { commands } from './load/commands.ts';

/** The program of a load process: runs the commands that its parent sends, one at a time. */
process.on('message', async ({ name, args }: Request) => {
  const command = commands[name] as (args: unknown) => unknown;
  try {
    process.send?.({ result: await command(args) });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});

process.on('disconnect', () => process.exit());

interface Request {
  name: keyof typeof commands;
  args: unknown;
}
