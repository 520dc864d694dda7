import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openExchange } from '../support/exchange.ts';
import { needs } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { outcome } from '../support/tcp.ts';
import type { PlaneUnderTest } from './plane-under-test.ts';

/** Node cannot send urgent bytes (tcp(7), MSG_OOB). The end comes when a line on stdin says so. */
const SENDER = `
import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
size = int(sys.argv[2])
peer.sendall(b"a" * size)
peer.send(b"!", socket.MSG_OOB)
peer.sendall(b"b" * size)
peer.shutdown(socket.SHUT_WR)
sys.stdin.readline()
`;

export function urgent(createPlane: PlaneUnderTest): void {
  describe('an urgent byte', () => {
    for (const size of [5, 100_000, 1_000_000]) {
      test(`is left out, and ${size} bytes before and behind it arrive`, {
        ...needs('python3'),
      }, async (t) => {
        const { exchange, backConnect, events } = await openExchange(t, createPlane());
        const arrived = new Promise((resolve) => events.once('clientWaiting', resolve));
        new Program(t, 'python3', ['-c', SENDER, String(exchange.clientPort), String(size)]);
        await arrived;
        const { data, ending } = await outcome(await backConnect());
        assert.equal(ending, 'eof');
        assert.equal(data.toString('latin1'), 'a'.repeat(size) + 'b'.repeat(size));
      });
    }
  });
}
