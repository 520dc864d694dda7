import koffi from 'koffi';
import { duplicate as duplicateOf } from '../../data-plane/linux/system-calls.ts';

export { AGAIN, close } from '../../data-plane/linux/system-calls.ts';

/**
 * The system calls that hand descriptors from process to process (unix(7), cmsg(3)), with their
 * constants and memory layouts: those of x86-64 and arm64, which are the same. Results below zero are
 * negative error numbers.
 */

const libc = koffi.load(null);

const call = {
  getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
  poll: libc.func('int poll(void *, ulong, int)'),
  recvmsg: libc.func('long recvmsg(int, void *, int)'),
  sendmsg: libc.func('long sendmsg(int, void *, int)'),
  shutdown: libc.func('int shutdown(int, int)'),
};

function answer(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

/** Throws when the process has no descriptor left. */
export function duplicate(descriptor: number): number {
  const copy = duplicateOf(descriptor);
  if (copy === undefined) throw new Error('out of file descriptors (see ulimit -n)');
  return copy;
}

const SHUT_RDWR = 2;

/** Ends a connection for everybody who has it, at once. */
export function hangUp(descriptor: number): void {
  call.shutdown(descriptor, SHUT_RDWR);
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** `struct ucred`. */
const credentials = new Int32Array(3);
const length = new Uint32Array(1);

/** Who is at the other end of a unix socket: who connected, or who listened. Undefined when that cannot be told. */
export function peerOf(descriptor: number): { pid: number; uid: number } | undefined {
  length[0] = credentials.byteLength;
  const result = call.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length);
  const [pid, uid] = credentials;
  return result < 0 || pid === undefined || uid === undefined ? undefined : { pid, uid };
}

const POLLIN = 1;
const POLLOUT = 4;
const FOR = { reading: POLLIN, writing: POLLOUT };

/** Resolves when one can go on, or has failed, or when so many milliseconds are over. A thread of Node's waits meanwhile. */
export function ready(
  descriptor: number,
  purpose: keyof typeof FOR,
  milliseconds: number,
): Promise<void> {
  const asked = new Int32Array([descriptor, FOR[purpose]]);
  return new Promise((resolve) => {
    call.poll.async(asked, 1, milliseconds, () => resolve());
  });
}

/** In one message. */
export const MOST_DESCRIPTORS = 4;

const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** `struct cmsghdr`, without what follows it. */
const CONTROL_HEAD = 16;
const CONTROL_SPACE = CONTROL_HEAD + 4 * MOST_DESCRIPTORS;

/** `struct iovec`, `struct cmsghdr` and `struct msghdr`, for one call at a time. */
const vector = Buffer.alloc(16);
const control = Buffer.alloc(CONTROL_SPACE);
const head = Buffer.alloc(56);
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;

/** Has the head point to some bytes, and to the control message if that has a length. */
function address(payload: Buffer, controlLength: number): void {
  vector.writeBigUInt64LE(koffi.address(payload), 0);
  vector.writeBigUInt64LE(BigInt(payload.length), 8);
  head.fill(0);
  head.writeBigUInt64LE(koffi.address(vector), 16);
  head.writeBigUInt64LE(1n, 24);
  if (controlLength > 0) head.writeBigUInt64LE(koffi.address(control), 32);
  head.writeBigUInt64LE(BigInt(controlLength), CONTROL_LENGTH_AT);
}

/** Sends what the socket takes of some bytes, duplicates of these descriptors with the first of them. */
export function send(socket: number, payload: Buffer, descriptors: readonly number[]): number {
  const size = CONTROL_HEAD + 4 * descriptors.length;
  address(payload, descriptors.length === 0 ? 0 : size);
  control.writeBigUInt64LE(BigInt(size), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((descriptor, n) => {
    control.writeInt32LE(descriptor, CONTROL_HEAD + 4 * n);
  });
  return answer(call.sendmsg(socket, head, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/** What {@link receive} got: as many bytes, 0 at the end, and the descriptors that came with them. */
export interface Receipt {
  result: number;
  descriptors: number[];
  /** More came than there is room for, or than this process may have. */
  isTruncated: boolean;
}

export function receive(socket: number, into: Buffer): Receipt {
  address(into, CONTROL_SPACE);
  const result = answer(call.recvmsg(socket, head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  const isTruncated = result >= 0 && (head.readInt32LE(FLAGS_AT) & MSG_CTRUNC) !== 0;
  return { result, descriptors: result < 0 ? [] : received(), isTruncated };
}

/** The descriptors in the control message, if there is one. */
function received(): number[] {
  const length = Number(head.readBigUInt64LE(CONTROL_LENGTH_AT));
  if (length < CONTROL_HEAD) return [];
  if (control.readInt32LE(8) !== SOL_SOCKET || control.readInt32LE(12) !== SCM_RIGHTS) return [];
  const count = Math.floor((Number(control.readBigUInt64LE(0)) - CONTROL_HEAD) / 4);
  return Array.from({ length: count }, (_, n) => control.readInt32LE(CONTROL_HEAD + 4 * n));
}
