import koffi from 'koffi';
import type { ListenerDescriptors } from '../data-plane.ts';

/**
 * The system calls of the Linux data plane, with their constants and memory
 * layouts: nothing else knows any. Each is described in section 2 of the Linux
 * manual; the constants are those of x86-64 and arm64, where all but the layout
 * of `struct epoll_event` are the same.
 *
 * Calls on the path of bytes return what the kernel returns: a result, or an
 * error as a negative number, to be compared with the names below. Calls that set
 * something up throw a {@link SystemError}. No call keeps a buffer beyond its return.
 */

const E = koffi.os.errno as Record<string, number>;

/** A result of a call, or the negative of an error's number. */
function negative(...names: string[]): number[] {
  return names.map((name) => -(E[name] ?? Number.NaN));
}

/** The call would have had to wait: an event will tell when to try again. */
export const AGAIN = -(E.EAGAIN as number);

const [EINTR, EINPROGRESS, EINVAL, ENAMETOOLONG] = negative(
  'EINTR',
  'EINPROGRESS',
  'EINVAL',
  'ENAMETOOLONG',
) as [number, number, number, number];

const SHORTAGES = new Set(negative('EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSPC'));

/** Descriptors or memory have run out. */
export function isShortage(result: number): boolean {
  return SHORTAGES.has(result);
}

/** What Node's own errors carry, so that both data planes fail in the same words. */
export class SystemError extends Error {
  override name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, result: number) {
    const code = NAMES.get(-result) ?? `E${-result}`;
    super(`${syscall} ${code}`);
    this.code = code;
    this.errno = result;
    this.syscall = syscall;
  }

  /** As it can cross between threads, where a class is lost. */
  get plain(): Pick<SystemError, 'message' | 'code' | 'errno' | 'syscall'> {
    const { message, code, errno, syscall } = this;
    return { message, code, errno, syscall };
  }
}

/** Back to front, so that of two names for a number the first one counts. */
const NAMES = new Map(
  Object.entries(E)
    .reverse()
    .map(([name, number]) => [number, name]),
);

const libc = koffi.load(null);

/** Types are as in the manual; a buffer is handed over as its address for the time of the call. */
const call = {
  accept4: libc.func('int accept4(int, void *, void *, int)'),
  bind: libc.func('int bind(int, void *, uint)'),
  close: libc.func('int close(int)'),
  connect: libc.func('int connect(int, void *, uint)'),
  epoll_create1: libc.func('int epoll_create1(int)'),
  epoll_ctl: libc.func('int epoll_ctl(int, int, int, void *)'),
  epoll_wait: libc.func('int epoll_wait(int, void *, int, int)'),
  eventfd: libc.func('int eventfd(uint, int)'),
  fcntl: libc.func('int fcntl(int, int, int)'),
  getsockname: libc.func('int getsockname(int, void *, void *)'),
  getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
  if_indextoname: libc.func('void *if_indextoname(uint, void *)'),
  if_nametoindex: libc.func('uint if_nametoindex(str)'),
  inet_ntop: libc.func('void *inet_ntop(int, void *, void *, uint)'),
  inet_pton: libc.func('int inet_pton(int, str, void *)'),
  listen: libc.func('int listen(int, int)'),
  poll: libc.func('int poll(void *, ulong, int)'),
  pipe2: libc.func('int pipe2(void *, int)'),
  read: libc.func('long read(int, void *, size_t)'),
  send: libc.func('long send(int, void *, size_t, int)'),
  setsockopt: libc.func('int setsockopt(int, int, int, void *, uint)'),
  shutdown: libc.func('int shutdown(int, int)'),
  socket: libc.func('int socket(int, int, int)'),
  splice: libc.func('long splice(int, void *, int, void *, size_t, uint)'),
  write: libc.func('long write(int, void *, size_t)'),
} satisfies Record<string, (...args: never[]) => unknown>;

/** The kernel's answer, or the error as a negative number. Must come right behind the call. */
function answer(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

function orThrow(syscall: string, result: number): number {
  const answered = answer(result);
  if (answered < 0) throw new SystemError(syscall, answered);
  return answered;
}

// Descriptors

export function close(descriptor: number): void {
  call.close(descriptor);
}

/** Those of an exchange that is gone. */
export function closeListeners({ clients, backConnects }: ListenerDescriptors): void {
  if (clients !== undefined) close(clients);
  if (backConnects !== undefined) close(backConnects);
}

const F_DUPFD_CLOEXEC = 1030;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Another descriptor of the same connection; undefined when there is none to be had. */
export function duplicate(descriptor: number): number | undefined {
  const copy = answer(call.fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  return copy < 0 ? undefined : copy;
}

// Events: epoll(7), eventfd(2)

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLLIN = 0x1;
const EPOLLPRI = 0x2;
const EPOLLOUT = 0x4;
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;
const TO_READ = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;

/** `struct epoll_event` in words of 32 bits: packed on x86-64, elsewhere with a gap behind the events. */
const [EVENT_WORDS, DATA_AT] = process.arch === 'x64' ? [3, 1] : [4, 2];

/** Which descriptors are ready, as one call of {@link EventQueue.wait} found them. */
export class EventQueue {
  readonly #descriptor = orThrow('epoll_create1', call.epoll_create1(EPOLL_CLOEXEC));
  readonly #events: Uint32Array;
  readonly #capacity: number;
  readonly #added = new Uint32Array(EVENT_WORDS);

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#events = new Uint32Array(capacity * EVENT_WORDS);
  }

  /**
   * Reports once (edge-triggered) whenever there is something to read on
   * `descriptor`, with `tag` beside it, until it is closed. False when the kernel
   * has no memory for one more.
   */
  add(descriptor: number, tag: number): boolean {
    return this.#control(EPOLL_CTL_ADD, descriptor, tag, TO_READ);
  }

  /** Like {@link EventQueue.add}, and reports whenever there is room to write, the first time at once if there is. */
  addWithRoom(descriptor: number, tag: number): boolean {
    return this.#control(EPOLL_CTL_ADD, descriptor, tag, TO_READ | EPOLLOUT);
  }

  /** The same for a descriptor that was added without. */
  addRoom(descriptor: number, tag: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, tag, TO_READ | EPOLLOUT);
  }

  /** Closing does the same, except for what somebody has duplicated (epoll(7), question 6). */
  remove(descriptor: number): void {
    call.epoll_ctl(this.#descriptor, EPOLL_CTL_DEL, descriptor, this.#added);
  }

  #control(operation: number, descriptor: number, tag: number, events: number): boolean {
    const event = this.#added;
    event[0] = events;
    event[DATA_AT] = descriptor;
    event[DATA_AT + 1] = tag;
    const result = answer(call.epoll_ctl(this.#descriptor, operation, descriptor, event));
    if (result < 0 && !isShortage(result)) throw new SystemError('epoll_ctl', result);
    return result === 0;
  }

  /** Waits so many milliseconds at most, forever when -1, and returns how many events there are. */
  wait(milliseconds: number): number {
    const found = answer(
      call.epoll_wait(this.#descriptor, this.#events, this.#capacity, milliseconds),
    );
    if (found < 0 && found !== EINTR) throw new SystemError('epoll_wait', found);
    return Math.max(found, 0);
  }

  descriptor(index: number): number {
    return this.#events[index * EVENT_WORDS + DATA_AT] as number;
  }

  tag(index: number): number {
    return this.#events[index * EVENT_WORDS + DATA_AT + 1] as number;
  }

  /** What the event says; to be asked with the functions below. */
  readiness(index: number): Readiness {
    return this.#events[index * EVENT_WORDS] as Readiness;
  }

  close(): void {
    close(this.#descriptor);
  }
}

declare const readiness: unique symbol;
/** The flags of one event, or of several together. */
export type Readiness = number & { [readiness]: true };

export const NO_EVENTS = 0 as Readiness;

export function isReadable(events: Readiness): boolean {
  return (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) !== 0;
}

export function isWritable(events: Readiness): boolean {
  return (events & EPOLLOUT) !== 0;
}

/** The peer sends no more: an end of file stands behind what is still to be read. */
export function hasHungUp(events: Readiness): boolean {
  return (events & (EPOLLRDHUP | EPOLLHUP)) !== 0;
}

/** An urgent byte is among what is to be read (tcp(7), "Sockets API"): reads stop short at it. */
export function isUrgent(events: Readiness): boolean {
  return (events & EPOLLPRI) !== 0;
}

export function hasFailed(events: Readiness): boolean {
  return (events & EPOLLERR) !== 0;
}

const EFD_FLAGS = 0o2000000 | 0o4000;
const ONE = new BigUint64Array([1n]);
const COUNT = new BigUint64Array(1);

/** What one thread wakes another with: readable from {@link ring} until {@link quieten}. */
export function openBell(): number {
  return orThrow('eventfd', call.eventfd(0, EFD_FLAGS));
}

export function ring(bell: number): void {
  call.write(bell, ONE, 8);
}

export function quieten(bell: number): void {
  call.read(bell, COUNT, 8);
}

// Pipes: pipe(7), splice(2)

const PIPE_FLAGS = 0o4000 | 0o2000000;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const SPLICE_F_MOVE_NONBLOCK = 1 | 2;

export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
  /** Bytes it can hold, when they come in whole pages. */
  readonly size: number;
}

const ends = new Int32Array(2);

/** A pipe of the size asked for, or as large as the kernel grants this user. Undefined when there is none to be had. */
export function openPipe(size: number): Pipe | undefined {
  if (answer(call.pipe2(ends, PIPE_FLAGS)) < 0) return undefined;
  const [readEnd, writeEnd] = ends as unknown as [number, number];
  call.fcntl(writeEnd, F_SETPIPE_SZ, size);
  return { readEnd, writeEnd, size: answer(call.fcntl(writeEnd, F_GETPIPE_SZ, 0)) };
}

export function closePipe({ readEnd, writeEnd }: Pipe): void {
  close(readEnd);
  close(writeEnd);
}

/** Moves bytes between a socket and a pipe, inside the kernel. */
export function splice(from: number, to: number, count: number): number {
  return answer(call.splice(from, null, to, null, count, SPLICE_F_MOVE_NONBLOCK));
}

// Streams: tcp(7), unix(7), socket(7)

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const STREAM_FLAGS = 1 | 0o4000 | 0o2000000;
const ACCEPT_FLAGS = 0o4000 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_INFO = 11;
const TCP_USER_TIMEOUT = 18;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const integer = new Int32Array(1);
const length = new Uint32Array(1);

function setOption(descriptor: number, level: number, option: number, value: number): number {
  integer[0] = value;
  return answer(call.setsockopt(descriptor, level, option, integer, 4));
}

/** When TCP asks a silent peer whether it is still there, in seconds, and after how many questions it gives up. */
export interface KeepAlive {
  idle: number;
  interval: number;
  count: number;
}

export function keepAlive(descriptor: number, { idle, interval, count }: KeepAlive): void {
  setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
  setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
  setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, count);
}

/** How many milliseconds bytes may stay unacknowledged (TCP_USER_TIMEOUT, RFC 5482); 0 for as long as the kernel likes. */
export function setUserTimeout(descriptor: number, milliseconds: number): void {
  setOption(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds);
}

/** An IP address, for IPv6 with its zone if it has one, and a port; or the path of a unix socket. */
export type SocketAddress = { address: string; port: number } | { path: string };

/** Opens a TCP listener; port 0 lets the kernel pick. A listener on `::` takes IPv4 too. */
export function listen(
  at: { address: string; port: number },
  backlog: number,
): { descriptor: number; port: number } {
  const [family, name] = encode(at);
  const descriptor = orThrow('socket', call.socket(family, STREAM_FLAGS, 0));
  try {
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === AF_INET6) setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    // What is accepted inherits it.
    setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    orThrow('bind', call.bind(descriptor, name, name.length));
    orThrow('listen', call.listen(descriptor, backlog));
    return { descriptor, port: localPort(descriptor) };
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/** Makes a listener that exists already one like those of {@link listen}. It is closed when it is none. */
export function inheritListener(
  descriptor: number,
  backlog: number,
): { descriptor: number; port: number } {
  try {
    orThrow('fcntl', call.fcntl(descriptor, F_SETFD, FD_CLOEXEC));
    const flags = orThrow('fcntl', call.fcntl(descriptor, F_GETFL, 0));
    orThrow('fcntl', call.fcntl(descriptor, F_SETFL, flags | O_NONBLOCK));
    orThrow('setsockopt', setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1));
    orThrow('listen', call.listen(descriptor, backlog));
    return { descriptor, port: localPort(descriptor) };
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

function localPort(descriptor: number): number {
  length[0] = peer.length;
  orThrow('getsockname', call.getsockname(descriptor, peer, length));
  return peer.readUInt16BE(2);
}

/** Whoever was accepted last: `struct sockaddr_in` or `sockaddr_in6`. */
const peer = Buffer.alloc(28);

/** Takes a connection from a listener's backlog. {@link acceptedFrom} tells from whom. */
export function accept(listener: number): number {
  length[0] = peer.length;
  return answer(call.accept4(listener, peer, length, ACCEPT_FLAGS));
}

const text = Buffer.alloc(64);

/** The port of the connection accepted last. */
export function acceptedFromPort(): number {
  return peer.readUInt16BE(2);
}

/** The address of the connection accepted last, as Node writes it, but IPv4 always in its plain form. */
export function acceptedFrom(): string {
  if (peer.readUInt16LE(0) === AF_INET) return dotted(4);
  if (isMapped(peer)) return dotted(20);
  call.inet_ntop(AF_INET6, peer.subarray(8, 24), text, text.length);
  const address = untilZero(text);
  const zone = peer.readUInt32LE(24);
  if (zone === 0 || call.if_indextoname(zone, text) === null) return address;
  return `${address}%${untilZero(text)}`;
}

function dotted(at: number): string {
  return `${peer[at]}.${peer[at + 1]}.${peer[at + 2]}.${peer[at + 3]}`;
}

/** `::ffff:a.b.c.d`: an IPv4 peer of a dual-stack listener. */
function isMapped(name: Buffer): boolean {
  return (
    name.readUInt32LE(8) === 0 && name.readUInt32LE(12) === 0 && name.readUInt32BE(16) === 0xffff
  );
}

function untilZero(bytes: Buffer): string {
  return bytes.toString('latin1', 0, bytes.indexOf(0));
}

/** Begins to connect; the descriptor's first event tells how that went, see {@link failureOf}. */
export function connect(to: SocketAddress): number {
  const [family, name] = encodedBefore(to);
  const descriptor = orThrow('socket', call.socket(family, STREAM_FLAGS, 0));
  if (family !== AF_UNIX) setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  const result = answer(call.connect(descriptor, name, name.length));
  if (result >= 0 || result === EINPROGRESS) return descriptor;
  close(descriptor);
  // A unix socket whose backlog is full answers EAGAIN: to the user it refuses, as with Node.
  throw new SystemError('connect', result);
}

/** The error that broke a connection, as a negative number, or 0. Asking clears it. */
export function failureOf(descriptor: number): number {
  integer[0] = 0;
  length[0] = 4;
  call.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, integer, length);
  return -(integer[0] as number);
}

export function receive(descriptor: number, into: Uint8Array): number {
  return answer(call.read(descriptor, into, into.length));
}

export function send(descriptor: number, bytes: Uint8Array, count: number): number {
  return answer(call.send(descriptor, bytes, count, MSG_NOSIGNAL));
}

/** Ends our direction behind what was sent. */
export function shutdownWrite(descriptor: number): number {
  return answer(call.shutdown(descriptor, SHUT_WR));
}

/** `struct linger`: on, with no time, which makes close(2) send a reset (RFC 9293, 3.10.5). */
const NO_LINGER = new Int32Array([1, 0]);

/** Closes with a reset; a unix socket, which knows none, is just closed. */
export function reset(descriptor: number): void {
  call.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, NO_LINGER, 8);
  close(descriptor);
}

/** The head of `struct tcp_info`, as far as `tcpi_notsent_bytes`. */
const info = Buffer.alloc(148);
const UNACKNOWLEDGED_AT = 24;
const NOT_SENT_AT = 144;

/** `tcpi_state`, TCP_ESTABLISHED of linux/tcp_states.h. */
const STATE_AT = 0;
const ESTABLISHED = 1;

/** Whether both ends of a TCP connection may still send, as far as the kernel knows: also ahead of what is unread. */
export function isEstablished(descriptor: number): boolean {
  return tcpInfo(descriptor) && info[STATE_AT] === ESTABLISHED;
}

/** What became of the bytes that a connection took for its peer. */
export interface Delivery {
  /** Some were sent, and the peer has not acknowledged them. */
  unacknowledged: boolean;
  /** Some were not, since the peer has no room for them: it lives, but does not read (RFC 9293, 3.8.6.1). */
  unsent: boolean;
}

/** For a unix socket, nothing is ever under way. */
export function deliveryOf(descriptor: number): Delivery {
  const isKnown = tcpInfo(descriptor);
  return {
    unacknowledged: isKnown && info.readUInt32LE(UNACKNOWLEDGED_AT) > 0,
    unsent: isKnown && info.readUInt32LE(NOT_SENT_AT) > 0,
  };
}

/** Fills {@link info}. */
function tcpInfo(descriptor: number): boolean {
  length[0] = info.length;
  return answer(call.getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, info, length)) === 0;
}

const POLLOUT = 4;
/** `struct pollfd`: a descriptor, then 16 bits each for what is asked and for the answer. */
const asked = new Int32Array(2);

/** Whether there is so much room to write that an event has said so, or should have. */
export function isRoomy(descriptor: number): boolean {
  asked[0] = descriptor;
  asked[1] = POLLOUT;
  return answer(call.poll(asked, 1, 0)) === 1;
}

const MOST_ENCODED = 64;
const encoded = new Map<string, [family: number, name: Buffer]>();

/** {@link encode}, for the same few addresses again and again. */
function encodedBefore(at: SocketAddress): [family: number, name: Buffer] {
  const key = 'path' in at ? `unix ${at.path}` : `${at.address} ${at.port}`;
  const known = encoded.get(key);
  if (known !== undefined) return known;
  if (encoded.size >= MOST_ENCODED) encoded.clear();
  const name = encode(at);
  encoded.set(key, name);
  return name;
}

/** `struct sockaddr_un`, `sockaddr_in` or `sockaddr_in6`. */
function encode(at: SocketAddress): [family: number, name: Buffer] {
  if ('path' in at) return encodePath(at.path);
  const [address = '', zone] = at.address.split('%');
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  const name = Buffer.alloc(family === AF_INET6 ? 28 : 16);
  name.writeUInt16LE(family, 0);
  name.writeUInt16BE(at.port, 2);
  const bytes = name.subarray(family === AF_INET6 ? 8 : 4);
  if (call.inet_pton(family, address, bytes) !== 1) throw new SystemError('inet_pton', EINVAL);
  if (zone !== undefined && family === AF_INET6) name.writeUInt32LE(zoneIndex(zone), 24);
  return [family, name];
}

function zoneIndex(zone: string): number {
  return /^\d+$/.test(zone) ? Number(zone) : call.if_nametoindex(zone);
}

/** The longest path that fits, with the zero byte behind it. */
const MAX_PATH = 107;

function encodePath(path: string): [family: number, name: Buffer] {
  const bytes = Buffer.from(path);
  if (bytes.length > MAX_PATH) throw new SystemError('connect', ENAMETOOLONG);
  const name = Buffer.alloc(2 + bytes.length + 1);
  name.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(name, 2);
  return [AF_UNIX, name];
}
