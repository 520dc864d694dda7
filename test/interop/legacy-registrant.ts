// An echo server that registers, written from docs/protocol.md with nothing of this project.
// Run: legacy-registrant.ts <control port> [address]
import { connect } from 'node:net';

const [, , controlPort, host = '127.0.0.1'] = process.argv;
const control = connect({ host, port: Number(controlPort) });
let line = '';
control.setEncoding('latin1');
control.on('data', (text: string) => {
  for (const character of text) {
    if (character !== '\n') {
      line += character;
      continue;
    }
    if (line.startsWith('[NEW] ')) dialBack(Number(line.slice('[NEW] '.length)));
    line = '';
  }
});
control.on('error', () => process.exit(1));
control.on('end', () => process.exit(0));

function dialBack(port: number): void {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => socket.end());
}
