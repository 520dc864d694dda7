import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { serve } from './tcp.ts';

/** Something between an agent and its broker: it passes everything on, keeps what it saw, and can fail. */
export interface TappedProxy {
  port: number;
  /** All bytes of each connection so far, the agent's and the broker's. */
  seen: { toBroker: Buffer[]; toAgent: Buffer[] }[];
  /** Breaks every connection that is up, with a reset. Returns how many. */
  cut(): number;
}

/** @param host - where it listens: an agent that knows the broker by it reaches no other port of the broker */
export async function tappedProxy(
  t: TestContext,
  brokerPort: number,
  host = '127.0.0.1',
): Promise<TappedProxy> {
  const seen: TappedProxy['seen'] = [];
  const sockets = new Set<Socket>();
  const { port } = await serve(
    t,
    (agent) => {
      const broker = connect({ host: '127.0.0.1', port: brokerPort, allowHalfOpen: true });
      const record = { toBroker: [] as Buffer[], toAgent: [] as Buffer[] };
      seen.push(record);
      join(agent, broker, record.toBroker);
      join(broker, agent, record.toAgent);
      t.after(() => broker.destroy());
    },
    { host },
  );

  function join(from: Socket, to: Socket, chunks: Buffer[]): void {
    sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => sockets.delete(from));
    from.on('data', (chunk) => {
      chunks.push(chunk);
      to.write(chunk);
    });
    from.on('end', () => to.end());
  }

  return {
    port,
    seen,
    cut() {
      const broken = [...sockets];
      for (const socket of broken) socket.resetAndDestroy();
      return broken.length / 2;
    },
  };
}
