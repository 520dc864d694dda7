import type { TestContext } from 'node:test';
import { needs } from './needs.ts';
import { Program, runCli, runTypeScript } from './program.ts';
import { firstBlock } from './readme.ts';

/** A program that registers with a broker and has its clients' bytes echoed. */
export interface Registrant {
  name: string;
  /** Options of the tests that use it. */
  needs: { skip: string | false };
  start(t: TestContext, controlPort: number, echoPort: number): Promise<Program>;
}

export const registrants: Registrant[] = [
  {
    name: 'relay-agent',
    needs: { skip: false },
    start: async (t, controlPort, echoPort) =>
      runCli(t, 'relay-agent', [String(echoPort), '--to', `127.0.0.1:${controlPort}`]),
  },
  {
    name: 'a registrant written from docs/protocol.md alone',
    needs: { skip: false },
    start: async (t, controlPort) =>
      runTypeScript(t, 'test/interop/legacy-registrant.ts', String(controlPort)),
  },
  {
    name: 'the Python server of the README',
    needs: needs('python3'),
    start: async (t, controlPort) =>
      new Program(t, 'python3', [
        await firstBlock(t, 'python', 'server.py'),
        '127.0.0.1',
        String(controlPort),
      ]),
  },
  {
    name: 'the Go server of the README',
    needs: needs('go'),
    start: async (t, controlPort) => {
      const source = await firstBlock(t, 'go', 'server.go');
      const binary = source.replace(/\.go$/, '');
      const build = new Program(t, 'go', ['build', '-o', binary, source]);
      if ((await build.exited) !== 0) throw new Error(build.output);
      return new Program(t, binary, ['127.0.0.1', String(controlPort)]);
    },
  },
];
