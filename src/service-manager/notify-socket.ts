import koffi from 'koffi';

/** The constants are those of x86-64 and arm64 alike. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const libc = koffi.load(null);
const call = {
  close: libc.func('int close(int)'),
  sendto: libc.func('long sendto(int, void *, size_t, int, void *, uint)'),
  socket: libc.func('int socket(int, int, int)'),
};

/** Datagrams to a unix socket, of which Node knows only those for streams. */
export class NotifySocket {
  readonly #address: Buffer;
  readonly #descriptor: number = call.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  /** @param path - in the file system, or, behind an `@`, in the abstract namespace of unix(7) */
  constructor(path: string) {
    this.#address = encode(path);
  }

  /** False when nobody took it. It never waits: a service manager that is stuck must not stop its services. */
  send(text: string): boolean {
    const bytes = Buffer.from(text);
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const { length } = this.#address;
    const sent = call.sendto(this.#descriptor, bytes, bytes.length, flags, this.#address, length);
    return sent === bytes.length;
  }

  close(): void {
    call.close(this.#descriptor);
  }
}

/** `struct sockaddr_un`. A name of the abstract namespace begins with a zero byte and has none behind it. */
function encode(path: string): Buffer {
  const isAbstract = path.startsWith('@');
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
