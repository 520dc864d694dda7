import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { read, serve } from './tcp.ts';

const RECORD_HEADER = 5;

/** The ClientHello of Node's TLS, as it is on the wire. */
export async function clientHello(t: TestContext, options: ConnectionOptions): Promise<Buffer> {
  return clientHelloOf(t, (port) => {
    const client = connect({ host: '127.0.0.1', ...options, port });
    client.on('error', () => {});
    t.after(() => client.destroy());
  });
}

/** The ClientHello of whatever this has connect to a port of this machine. */
export async function clientHelloOf(
  t: TestContext,
  startClient: (port: number) => void,
): Promise<Buffer> {
  const server = await serve(t, () => {});
  const connection = once(server, 'connection') as Promise<[Socket]>;
  startClient(server.port);
  const [socket] = await connection;
  const header = await read(socket, RECORD_HEADER);
  const hello = await read(socket, header.readUInt16BE(3));
  socket.destroy();
  return Buffer.concat([header, hello]);
}

/** A handshake record with this in it (RFC 8446, 5.1). */
export function record(fragment: Uint8Array): Buffer {
  const header = Buffer.from([22, 3, 1, 0, 0]);
  header.writeUInt16BE(fragment.length, 3);
  return Buffer.concat([header, fragment]);
}

/** What one record holds, in several of at most so many octets. */
export function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let from = RECORD_HEADER; from < hello.length; from += size) {
    records.push(record(hello.subarray(from, from + size)));
  }
  return Buffer.concat(records);
}

/** A ClientHello made by hand (RFC 8446, 4.1.2), with these extensions or none at all. */
export function handMade(extensions?: Buffer[]): Buffer {
  const end = extensions === undefined ? Buffer.alloc(0) : vector(2, Buffer.concat(extensions));
  const versionAndRandom = Buffer.alloc(34, 3);
  const session = vector(1, Buffer.alloc(32));
  const suites = vector(2, Buffer.from([0x13, 0x01]));
  const compression = vector(1, Buffer.alloc(1));
  const body = Buffer.concat([versionAndRandom, session, suites, compression, end]);
  return record(Buffer.concat([Buffer.from([1]), vector(3, body)]));
}

export function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([number(2, type), vector(2, data)]);
}

/** The one that names the host (RFC 6066, 3). */
export function serverName(host: string): Buffer {
  return extension(0, vector(2, Buffer.concat([number(1, 0), vector(2, Buffer.from(host))])));
}

/** Data with its length in front, in so many octets. */
export function vector(octets: number, data: Buffer): Buffer {
  return Buffer.concat([number(octets, data.length), data]);
}

function number(octets: number, value: number): Buffer {
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}
