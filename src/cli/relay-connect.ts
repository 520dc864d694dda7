#!/usr/bin/env node
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connectByName } from '../connect/connect-by-name.ts';
import { joinWithStreams } from '../connect/join-streams.ts';
import { RelayError } from '../errors.ts';
import { connectProgram } from '../options/connect-program.ts';
import { parseListen } from '../options/values.ts';
import { FAILURE } from './exit-code.ts';
import { program } from './program.ts';

type Wanted = { name: string; via: string };

const STDOUT = 1;

await program({
  ...connectProgram,
  async run({ listen, ...wanted }) {
    const at = listen === undefined ? undefined : parseListen(listen);
    if (at === undefined) await connectStdio(wanted);
    else await (await import('./connect-port.ts')).openPort(wanted, at);
  },
});

async function connectStdio(wanted: Wanted): Promise<void> {
  const socket = await connectByName(wanted);
  resetOnSignals(socket);
  // Node leaves the descriptor open, and whoever reads from it would wait for more.
  process.stdout.once('finish', () => closeSync(STDOUT));
  switch (await joinWithStreams(socket, process.stdin, process.stdout)) {
    case 'eof':
      break;
    case 'output':
      // Whoever stopped to read knows: as with SIGPIPE, which Node ignores, nothing is said.
      process.exitCode = FAILURE;
      break;
    case 'input':
      throw lost(wanted, 'what is to be sent cannot be read from stdin');
    case 'reset':
      throw lost(wanted, 'what came may not be all');
  }
}

/** Dies of them as others do, but not so that the service takes it for an end. */
function resetOnSignals(socket: Socket): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      socket.resetAndDestroy();
      process.kill(process.pid, signal);
    });
  }
}

function lost({ name }: Wanted, what: string): RelayError {
  return new RelayError('E_RELAY_LOST', `The connection with ${name} was reset: ${what}.`);
}
