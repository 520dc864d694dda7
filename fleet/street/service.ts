import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { endByCloseNotify } from '#src/data-plane/portable/close-notify.ts';
import { confirmEnd } from '#src/data-plane/portable/confirm-end.ts';
import { readFirstLine } from '#src/data-plane/portable/first-line.ts';
import { Pattern } from './pattern.ts';

/** The first octet of a TLS record with a handshake message. */
const HANDSHAKE = 0x16;

/** Milliseconds for a TLS handshake. */
const PATIENCE = 10_000;

/** What answers under one name, by whichever door its clients come. */
export class Service {
  readonly #name: string;
  readonly #context: SecureContext;
  readonly #mistaken: (name: string) => void;
  #answers = 0;

  /** @param mistaken - called when a client's bytes arrive as others than it sent */
  constructor(name: string, context: SecureContext, mistaken: (name: string) => void) {
    this.#name = name;
    this.#context = context;
    this.#mistaken = mistaken;
  }

  /** Speaks with a client to the end of its connection. */
  async serve(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    confirmEnd(socket);
    try {
      const stream = await this.#unwrapped(socket);
      let line = await readFirstLine(stream);
      if (line.startsWith('GET ')) {
        while (!/^\r?$/.test(await readFirstLine(stream)));
        stream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n');
        line = await readFirstLine(stream);
      }
      this.#answer(stream, line);
    } catch {
      socket.destroy();
    }
  }

  async #unwrapped(socket: Socket): Promise<StreamSocket> {
    await once(socket, 'readable');
    const first: Buffer | null = socket.read();
    if (first === null) return socket;
    socket.unshift(first);
    if (first[0] !== HANDSHAKE) return socket;
    const secured = new TLSSocket(socket, { isServer: true, secureContext: this.#context });
    secured.on('error', () => socket.destroy());
    // A client that goes in the middle of it says nothing.
    await once(secured, 'secure', { signal: AbortSignal.timeout(PATIENCE) });
    endByCloseNotify(secured);
    return secured;
  }

  #answer(stream: StreamSocket, line: string): void {
    this.#answers += 1;
    stream.write(`${this.#name} ${this.#answers}\n`);
    const [word, seed] = line.split(' ');
    if (word === 'STREAM') this.#stream(stream, Number(seed));
    else stream.end();
  }

  /** As many bytes as come go back, but others; and the end when it comes. */
  #stream(stream: StreamSocket, seed: number): void {
    const heard = new Pattern(2 * seed);
    const said = new Pattern(2 * seed + 1);
    stream.on('data', (chunk: Buffer) => {
      if (!heard.goesOnWith(chunk)) {
        this.#mistaken(this.#name);
        stream.destroy();
        return;
      }
      for (const piece of said.pieces(chunk.length)) stream.write(piece);
    });
    stream.on('end', () => stream.end());
  }
}
