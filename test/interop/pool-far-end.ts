// An echo server behind a pool, written from docs/front-doors.md with nothing of this project.
// Run: pool-far-end.ts <relay port> <connections> [address]
import { connect } from 'node:net';

const [, , relayPort, connections, host = '127.0.0.1'] = process.argv;
for (let n = 0; n < Number(connections); n += 1) keep();

function keep(): void {
  const socket = connect({ host, port: Number(relayPort), allowHalfOpen: true });
  let isUsed = false;
  socket.once('data', () => {
    isUsed = true;
    keep();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (!isUsed) setTimeout(keep, 5000);
  });
  socket.pipe(socket);
}
