import { once } from 'node:events';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import { type Mistake, RecordFile } from '../records.ts';
import { answerCalls } from './calls.ts';
import { Service } from './service.ts';

/** The process of all services, of which each has a socket of its own. */

export const commands = {
  /** Opens `<name>.sock` in that folder for each. */
  async open({ folder, names, cert, key }: Opening): Promise<void> {
    const context = createSecureContext({ cert, key });
    const mistakes = new RecordFile<Mistake>('mistakes');
    const mistaken = (service: string) => mistakes.add({ service, at: Date.now() });
    for (const name of names) {
      const service = new Service(name, context, mistaken);
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        void service.serve(socket);
      });
      server.listen(`${folder}/${name}.sock`);
      await once(server, 'listening');
    }
  },
};

export interface Opening {
  folder: string;
  names: string[];
  cert: string;
  key: string;
}

answerCalls(commands);
