import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ControlConnection } from '#src/broker/control-connection.ts';
import { connectTo, serve } from '../support/tcp.ts';

/** A control connection under test, the other end of it, and what its holder was told so far. */
export interface TestControl {
  control: ControlConnection;
  peer: Socket;
  /** `received <bytes>` and `over <ending> <detail>`, and `closed` once the descriptor is gone. */
  reports: string[];
  /** Resolves with the reports once the descriptor is gone. */
  closed(): Promise<string[]>;
  /** Sends and resolves once the broker's side has read it. */
  send(data: string | Uint8Array): Promise<void>;
}

export async function openControl(t: TestContext): Promise<TestControl> {
  const { near, peer } = await connection(t);
  const reports: string[] = [];
  const events = new EventEmitter();
  const report = (event: string, ...details: string[]) => {
    reports.push([event, ...details].join(' ').trim());
    events.emit(event);
  };
  const control = new ControlConnection(
    near,
    { secured: false },
    {
      received: (chunk) => report('received', String(chunk)),
      over: (ending, detail) => report('over', ending, detail),
    },
  );
  near.once('close', () => report('closed'));
  const closed = async () => {
    if (!reports.includes('closed')) await once(events, 'closed');
    return reports;
  };
  // Waited for, so that no timer of this test is cleared among the mocked ones of the next.
  t.after(async () => {
    control.destroy();
    await closed();
  });
  const send = async (data: string | Uint8Array) => {
    const read = near.bytesRead + Buffer.byteLength(data);
    peer.write(data);
    while (near.bytesRead < read) await turn();
  };
  return { control, peer, reports, closed, send };
}

/** A connection to a server: the server's end of it, and the other one. */
export async function connection(t: TestContext): Promise<{ near: Socket; peer: Socket }> {
  const accepted = new EventEmitter();
  const server = await serve(t, (socket) => accepted.emit('socket', socket));
  const arrived = once(accepted, 'socket');
  const peer = await connectTo(t, server.port, { noDelay: true });
  const [near] = (await arrived) as [Socket];
  return { near, peer };
}

/** The error that a control connection was told, if all it was told is one. */
export function errorIn(data: Buffer): { code?: string; message?: string } {
  const json = /^\[ERROR\] (.*)\n$/.exec(data.toString())?.[1];
  return json === undefined ? {} : JSON.parse(json);
}
