// An echo server that parks connections under a name, written from docs/front-doors.md with nothing of this project.
// Run: names-registrant.ts <server port> <name> <connections> [address]
import { connect, type Socket } from 'node:net';

const [, , port, name, connections, host = '127.0.0.1'] = process.argv;

for (let n = 0; n < Number(connections); n += 1) park();

function park(): void {
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  let said = '';
  const read = (chunk: Buffer) => {
    for (const [index, octet] of chunk.entries()) {
      said += String.fromCharCode(octet);
      if (said === 'SERVER\n') socket.write(`CONNECT\n${name}\n`);
      if (said !== 'SERVER\nCONNECTED\n') continue;
      socket.off('data', read);
      park();
      echo(socket, chunk.subarray(index + 1));
      return;
    }
  };
  socket.on('data', read);
  // The relay has ended, or the client of a connection that it was joined with.
  socket.on('end', () => socket.end());
  socket.on('error', () => {});
}

function echo(socket: Socket, early: Buffer): void {
  socket.write(early);
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
}
