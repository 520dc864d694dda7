import type { TestContext } from 'node:test';
import { Program } from './program.ts';
import { connectTo } from './tcp.ts';

/** A port that answers no dial: its process is stopped, and its backlog of two is full. */
export async function mutePort(t: TestContext): Promise<number> {
  const listen = `require('node:net').createServer().listen(
    { port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port); })`;
  const program = new Program(t, process.execPath, ['-e', listen]);
  const [line] = await program.line(/^\d+$/);
  program.signal('SIGSTOP');
  await Promise.all([connectTo(t, Number(line)), connectTo(t, Number(line))]);
  return Number(line);
}
