/** Octets of records within which the name has to come: several times what post-quantum clients send. */
export const LONGEST_CLIENT_HELLO = 16 * 1024;

/** RFC 8446, 5.1: a record's header; of what it holds only handshakes are of interest here. */
const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const MAJOR_VERSION = 3;

/** RFC 8446, 4: the header of a handshake message, and the first of its kinds. */
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;

/** RFC 6066, 3. */
const SERVER_NAME = 0;
const HOST_NAME = 0;

/**
 * What a TLS client asks for. `unnamed`: it does not say. `not-tls`: what came is no
 * ClientHello, or a broken one, or one beyond {@link LONGEST_CLIENT_HELLO}.
 */
export type ServerName = { host: string } | { fault: 'unnamed' | 'not-tls' };

const UNNAMED: ServerName = { fault: 'unnamed' };
const NOT_TLS: ServerName = { fault: 'not-tls' };

/** Finds the host that the ClientHello names (SNI) at the beginning of a TLS connection, of which it changes nothing. */
export class ClientHelloReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Where in them the first record begins that is not complete. */
  #recordAt = 0;
  /** What the complete ones hold: a message may be spread over several. */
  #message: Buffer = Buffer.alloc(0);

  /** All that was added, also behind the ClientHello. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** To be called until there is an answer, which does not depend on how the bytes are cut. Never throws. */
  add(chunk: Buffer): ServerName | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const record = this.#bytes.subarray(this.#recordAt, LONGEST_CLIENT_HELLO);
      if (!mayBeHandshake(record)) return NOT_TLS;
      if (record.length < RECORD_HEADER) break;
      const end = RECORD_HEADER + record.readUInt16BE(3);
      if (end === RECORD_HEADER || this.#recordAt + end > LONGEST_CLIENT_HELLO) return NOT_TLS;
      if (record.length < end) return undefined;
      this.#recordAt += end;
      this.#message = Buffer.concat([this.#message, record.subarray(RECORD_HEADER, end)]);
      const name = nameIn(this.#message);
      if (name !== undefined) return name;
    }
    return this.#bytes.length < LONGEST_CLIENT_HELLO ? undefined : NOT_TLS;
  }
}

/** Whether a record that has this beginning can be one. Of its version only the first octet means anything (RFC 8446, 5.1). */
function mayBeHandshake([type = HANDSHAKE, version = MAJOR_VERSION]: Uint8Array): boolean {
  return type === HANDSHAKE && version === MAJOR_VERSION;
}

/** Undefined while the message is not complete. */
function nameIn(message: Buffer): ServerName | undefined {
  if (message[0] !== CLIENT_HELLO) return NOT_TLS;
  if (message.length < MESSAGE_HEADER) return undefined;
  const end = MESSAGE_HEADER + message.readUIntBE(1, 3);
  if (message.length < end) return undefined;
  try {
    return serverNameOf(new Octets(message.subarray(MESSAGE_HEADER, end)));
  } catch (error) {
    if (error instanceof RangeError) return NOT_TLS;
    throw error;
  }
}

/** RFC 8446, 4.1.2. */
function serverNameOf(hello: Octets): ServerName {
  hello.take(2 + 32); // version, random
  hello.vector(1); // session
  hello.vector(2); // cipher suites
  hello.vector(1); // compression methods
  if (hello.isEmpty) return UNNAMED; // TLS 1.2 may do without extensions
  const extensions = hello.vector(2);
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (type === SERVER_NAME) return hostIn(data.vector(2));
  }
  return UNNAMED;
}

/** No other kind of name was ever defined, so that the first one is the host. */
function hostIn(names: Octets): ServerName {
  if (names.isEmpty || names.number(1) !== HOST_NAME) return UNNAMED;
  const host = names.vector(2);
  return host.isEmpty ? UNNAMED : { host: host.text };
}

/** Reads the presentation language of RFC 8446, 3. Throws a RangeError where there is less than it says. */
class Octets {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  get text(): string {
    return this.#rest.toString('latin1');
  }

  take(count: number): Buffer {
    if (count > this.#rest.length) throw new RangeError('too short');
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  number(octets: number): number {
    return this.take(octets).readUIntBE(0, octets);
  }

  /** A part that begins with its length, in so many octets. */
  vector(octets: number): Octets {
    return new Octets(this.take(this.number(octets)));
  }
}
