import { createHash } from 'node:crypto';
import type { Server } from 'node:http';

/** RFC 6455, 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a server has to answer to that key. */
export const WEBSOCKET_ACCEPT = createHash('sha1').update(`${KEY}${GUID}`).digest('base64');

/** The request that asks for a WebSocket. */
export function webSocketRequest(host: string): string {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
  return `GET /chat HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
}

/** A frame with a short text in it, not masked (RFC 6455, 5.2). */
export function textFrame(text: string): Buffer {
  return Buffer.from([0x81, text.length, ...Buffer.from(text)]);
}

/** The same as clients have to send it (RFC 6455, 5.3). */
export function maskedTextFrame(text: string): Buffer {
  const mask = [1, 2, 3, 4];
  const masked = Buffer.from(text).map((octet, n) => octet ^ (mask[n % 4] ?? 0));
  return Buffer.from([0x81, 0x80 | text.length, ...mask, ...masked]);
}

/** Has a server take WebSockets and answer the first text of each in capitals. */
export function shoutBack(server: Server): Server {
  return server.on('upgrade', ({ headers }, socket, head) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
    );
    socket.unshift(head);
    socket.once('data', (frame: Buffer) => {
      const mask = frame.subarray(2, 6);
      const text = frame.subarray(6).map((octet, n) => octet ^ (mask[n % 4] ?? 0));
      socket.end(textFrame(String(Buffer.from(text)).toUpperCase()));
    });
  });
}
