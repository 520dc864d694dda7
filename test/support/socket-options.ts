import koffi from 'koffi';

const libc = koffi.load(null);
const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)');

const IPPROTO_TCP = 6;
const OPTIONS = {
  TCP_NODELAY: 1,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_USER_TIMEOUT: 18,
};

/** A number of tcp(7) that the kernel keeps for a connection; 0 if it is off. */
export function tcpOption(descriptor: number, option: keyof typeof OPTIONS): number {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  if (getsockopt(descriptor, IPPROTO_TCP, OPTIONS[option], value, length) !== 0) {
    throw new Error(`getsockopt of ${descriptor} failed`);
  }
  return value[0] ?? 0;
}

koffi.struct('sock_filter', { code: 'uint16', jt: 'uint8', jf: 'uint8', k: 'uint32' });
koffi.struct('sock_fprog', { length: 'uint16', filter: 'sock_filter *' });
const attach = libc.func('int setsockopt(int, int, int, sock_fprog *, uint)');

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
/** `BPF_RET | BPF_K`, with nothing of the packet to be kept. */
const DROP = { code: 6, jt: 0, jf: 0, k: 0 };

/** From now on this end of a connection gets nothing and says nothing: as if its host had vanished (socket(7), SO_ATTACH_FILTER). */
export function ignoreEverything(descriptor: number): void {
  const program = { length: 1, filter: [DROP] };
  if (attach(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, program, 16) !== 0) {
    throw new Error(`setsockopt of ${descriptor} failed`);
  }
}
