import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ControlConnection } from '#src/broker/control-connection.ts';
import { connectTo, serve } from '../support/tcp.ts';

/** A control connection under test, the other end of it, and what was reported so far. */
export interface TestControl {
  control: ControlConnection;
  peer: Socket;
  /** `silent`, `rejected <code> <sent>`, `ended <cause> <detail>` and `closed`, in order. */
  reports: string[];
  /** Resolves with the reports once the descriptor is gone. */
  closed(): Promise<string[]>;
  /** Resolves when the hello window is over. */
  silent(): Promise<void>;
  /** Sends and resolves once the broker's side has read it. */
  send(data: string | Uint8Array): Promise<void>;
}

/** The default hello window never ends within a test. */
export async function openControl(t: TestContext, helloWait = 1_000_000): Promise<TestControl> {
  const reports: string[] = [];
  const events = new EventEmitter();
  const report = (event: string, ...details: string[]) => {
    reports.push([event, ...details].join(' ').trim());
    events.emit(event);
  };
  const opened = new Promise<ControlConnection>((resolve, reject) => {
    const accept = (socket: Socket) => {
      const control = new ControlConnection(socket, helloWait, {
        silent: () => report('silent'),
        rejected: ({ code }, sent) => report('rejected', code, sent),
        ended: (cause, detail) => report('ended', cause, detail),
        closed: () => report('closed'),
      });
      resolve(control);
    };
    serve(t, accept)
      .then((server) => connectTo(t, server.port, { noDelay: true }))
      .then((socket) => events.emit('peer', socket), reject);
  });
  const [peer] = (await once(events, 'peer')) as [Socket];
  const control = await opened;
  const reported = async (event: string) => {
    if (!reports.includes(event)) await once(events, event);
  };
  // Waited for, so that no timer of this test is cleared among the mocked ones of the next.
  t.after(async () => {
    control.destroy();
    await reported('closed');
  });
  return {
    control,
    peer,
    reports,
    closed: async () => {
      await reported('closed');
      return reports;
    },
    silent: () => reported('silent'),
    async send(data) {
      const read = control.socket.bytesRead + Buffer.byteLength(data);
      peer.write(data);
      while (control.socket.bytesRead < read) await turn();
    },
  };
}

/** The error that a control connection was told, if all it was told is one. */
export function errorIn(data: Buffer): { code?: string; message?: string } {
  const json = /^\[ERROR\] (.*)\n$/.exec(data.toString())?.[1];
  return json === undefined ? {} : JSON.parse(json);
}
