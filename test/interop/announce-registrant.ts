// An echo server that registers at an announce door, written from docs/front-doors.md with nothing of this project.
// Run: announce-registrant.ts <announce port> [address]
import { connect } from 'node:net';

const [, , announcePort, host = '127.0.0.1'] = process.argv;
const control = connect({ host, port: Number(announcePort) });
let text = '';
control.setEncoding('latin1');
control.on('data', (chunk: string) => {
  const lines = (text + chunk).split('\n');
  text = lines.pop() ?? '';
  for (const line of lines) {
    if (/^\d+$/.test(line)) fetch(Number(line));
    else process.stdout.write(`${line}\n`);
  }
});
control.on('error', () => process.exit(1));
control.on('end', () => process.exit(0));

function fetch(port: number): void {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.on('error', () => {});
  socket.pipe(socket);
}
