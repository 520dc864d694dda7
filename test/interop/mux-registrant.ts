// An echo server that registers at the mux door, written from docs/front-doors.md and spec.md of hashicorp/yamux
// with nothing of this project.
// Run: mux-registrant.ts <control port> [address]
import { connect } from 'node:net';

const DATA = 0;
const WINDOW_UPDATE = 1;
const PING = 2;
const SYN = 1;
const ACK = 2;
const FIN = 4;
const RST = 8;
const WINDOW = 256 * 1024;

/** What a client sent and has not got back yet. */
interface Echo {
  held: Buffer[];
  window: number;
  hasEnded: boolean;
}

const [, , controlPort, host = '127.0.0.1'] = process.argv;
const control = connect({ host, port: Number(controlPort) });
const echoes = new Map<number, Echo>();
let bytes = Buffer.alloc(0);

function send(type: number, flags: number, id: number, length: number, payload?: Buffer): void {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(length, 8);
  control.write(payload === undefined ? header : Buffer.concat([header, payload]));
}

/** Sends as much as the window takes, and asks for as much anew. */
function flush(id: number, echo: Echo): void {
  for (let next = echo.held.shift(); next !== undefined; next = echo.held.shift()) {
    const part = next.subarray(0, echo.window);
    echo.window -= part.length;
    if (part.length > 0) send(DATA, 0, id, part.length, part);
    if (part.length > 0 && !echo.hasEnded) send(WINDOW_UPDATE, 0, id, part.length);
    if (part.length === next.length) continue;
    echo.held.unshift(next.subarray(part.length));
    return;
  }
  if (!echo.hasEnded) return;
  send(WINDOW_UPDATE, FIN, id, 0);
  echoes.delete(id);
}

function take(type: number, flags: number, id: number, length: number, payload: Buffer): void {
  if (type === PING && flags === SYN) send(PING, ACK, 0, length);
  if (type > WINDOW_UPDATE) return;
  if (id === 1) {
    process.stdout.write(payload);
    if (flags & FIN) send(WINDOW_UPDATE, FIN, 1, 0);
    return;
  }
  if (flags & SYN) {
    echoes.set(id, { held: [], window: WINDOW, hasEnded: false });
    send(WINDOW_UPDATE, ACK, id, 0);
  }
  const echo = echoes.get(id);
  if (echo === undefined) return;
  if (type === WINDOW_UPDATE) echo.window += length;
  else if (length > 0) echo.held.push(payload);
  if (flags & FIN) echo.hasEnded = true;
  if (flags & RST) echoes.delete(id);
  else flush(id, echo);
}

control.on('connect', () => send(WINDOW_UPDATE, SYN, 1, 0));
control.on('data', (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  while (bytes.length >= 12) {
    const type = bytes.readUInt8(1);
    const length = bytes.readUInt32BE(8);
    const end = 12 + (type === DATA ? length : 0);
    if (bytes.length < end) return;
    take(type, bytes.readUInt16BE(2), bytes.readUInt32BE(4), length, bytes.subarray(12, end));
    bytes = bytes.subarray(end);
  }
});
control.on('error', () => process.exit(1));
control.on('end', () => process.exit(0));
