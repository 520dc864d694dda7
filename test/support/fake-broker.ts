// A broker of the extended protocol for one agent, written from docs/protocol.md with nothing of src:
// what an agent does is checked against the specification, not against our own codec.
import { createHmac, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';

type Fields = Record<string, unknown>;

export interface FakeBrokerOptions {
  /** The token that both ends have to prove. */
  token?: string;
  /** Fields of `[REGISTERED]` other than usual. */
  registered?: Fields;
  /** What to do at `[HELLO]` instead of answering it. */
  onHello?: (control: FakeControl) => void;
  /** What to do at `[REGISTER]` instead of answering it. */
  onRegister?: (control: FakeControl) => void;
  /** Encrypts both ports. */
  tls?: TlsOptions;
}

/** One line of a peer, and what it says. */
interface Line {
  word: string;
  body: Fields;
}

/** A control connection. */
export class FakeControl {
  readonly nonce = drawSecret(32);
  readonly socket: Socket;
  /** What the agent said. */
  readonly lines: Line[] = [];
  /** What it was told. */
  readonly answers: Line[] = [];
  readonly #told = new EventEmitter();

  constructor(socket: Socket, first: string) {
    this.socket = socket;
    this.#read(first);
    readLines(socket, (line) => this.#read(line));
    socket.once('end', () => socket.end());
    socket.once('close', () => this.#told.emit('line'));
  }

  get hello(): Fields {
    return this.lines[0]?.body ?? {};
  }

  get register(): Fields {
    return this.lines[1]?.body ?? {};
  }

  say(word: string, body: Fields = {}): void {
    this.answers.push({ word, body });
    const json = JSON.stringify(body).replace(
      /[^ -~]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    this.socket.write(`[${word}] ${json}\n`);
  }

  /** Has the agent go to another relay, whether it has registered or is about to. */
  sendTo(to: string | undefined): void {
    this.say('ERROR', { code: 'elsewhere', message: 'it is there', to });
    this.socket.end();
  }

  /** The `nth` line with that word, as soon as it is there. */
  async heard(word: string, nth = 1): Promise<Fields> {
    for (;;) {
      const line = this.lines.filter((each) => each.word === word)[nth - 1];
      if (line !== undefined) return line.body;
      if (this.socket.closed) throw new Error(`no [${word}], but ${JSON.stringify(this.lines)}`);
      await once(this.#told, 'line');
    }
  }

  async closed(): Promise<void> {
    const { socket } = this;
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }

  #read(line: string): void {
    const [, word = line, json = '{}'] = /^\[([A-Z-]+)\] (\{.*\})$/.exec(line) ?? [];
    this.lines.push({ word, body: JSON.parse(json) as Fields });
    this.#told.emit('line');
  }
}

/** A back-connect: whoever holds its socket is the client. */
export interface FakeBackConnect {
  door: 'control' | 'back-connect';
  line: string;
  socket: Socket;
}

export class FakeBroker {
  port = 0;
  backConnectPort = 0;
  /** Those that registered, oldest first. */
  readonly registered: FakeControl[] = [];
  /** Every control connection. */
  readonly controls: FakeControl[] = [];
  readonly backConnects: FakeBackConnect[] = [];
  /** Whose certificates agents have shown. */
  readonly peers: string[] = [];
  /** Connections to each port, whether they say something or not. */
  readonly visitors = { 'back-connect': 0, control: 0 };
  readonly #options: FakeBrokerOptions;
  readonly #news = new EventEmitter();

  constructor(options: FakeBrokerOptions) {
    this.#options = options;
    this.#news.setMaxListeners(0);
  }

  static async start(t: TestContext, options: FakeBrokerOptions = {}): Promise<FakeBroker> {
    const broker = new FakeBroker(options);
    broker.backConnectPort = await listen(t, options.tls, (socket) => {
      broker.#visited('back-connect');
      readFirstLine(socket, (line) => broker.#arrived('back-connect', line, socket));
    });
    broker.port = await listen(t, options.tls, (socket) => {
      broker.#visited('control');
      readFirstLine(socket, (line) => {
        if (line.startsWith('[HELLO]')) broker.#greet(new FakeControl(socket, line));
        else broker.#arrived('control', line, socket);
      });
    });
    return broker;
  }

  get to(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The `nth` registration. */
  async agent(nth = 1): Promise<FakeControl> {
    return this.#nth(() => this.registered, nth);
  }

  async control(nth = 1): Promise<FakeControl> {
    return this.#nth(() => this.controls, nth);
  }

  /** The `nth` back-connect with that in its first line. */
  async backConnect(text: string, nth = 1): Promise<FakeBackConnect> {
    return this.#nth(() => this.backConnects.filter(({ line }) => line.includes(text)), nth);
  }

  /** Announces a client, and returns its end of the connection once it was fetched. */
  async client(control: FakeControl, ticket = drawSecret(16)): Promise<Socket> {
    control.say('NEW', { ticket, client: CLIENT });
    return (await this.backConnect(`"${ticket}"`)).socket;
  }

  /** Joins the `nth` spare with a client, and returns the client's end. */
  async takeSpare(nth = 1, ticket = drawSecret(16)): Promise<Socket> {
    const { socket } = await this.backConnect('[SPARE]', nth);
    socket.write(`[TAKEN] ${JSON.stringify({ ticket, client: CLIENT })}\n`);
    return socket;
  }

  /** Resolves when so many have connected to that port. */
  async visited(count: number, door: FakeBackConnect['door'] = 'back-connect'): Promise<void> {
    while (this.visitors[door] < count) await once(this.#news, 'news');
  }

  answerHello(control: FakeControl, fields: Fields = {}): void {
    control.say('CHALLENGE', { version: 1, nonce: control.nonce, ...fields });
  }

  /** @param fields - those of `[REGISTERED]` that are to be other than usual */
  answerRegister(control: FakeControl, fields: Fields = {}): void {
    const { token, registered } = this.#options;
    const proof = token === undefined ? undefined : prove('broker', token, control);
    control.say('REGISTERED', {
      registration: 1,
      port: 4000,
      backConnectPort: this.backConnectPort,
      resumed: control.register.resume !== undefined,
      key: KEY,
      lease: 60,
      heartbeat: 5,
      deadline: 15,
      spareTicket: SPARE_TICKET,
      maxSpares: 64,
      limits: {},
      proof,
      ...registered,
      ...fields,
    });
    this.registered.push(control);
    this.#news.emit('news');
  }

  #greet(control: FakeControl): void {
    const { socket } = control;
    if (socket instanceof TLSSocket)
      this.peers.push(String(socket.getPeerCertificate().subject?.CN));
    const { onHello, onRegister, token } = this.#options;
    this.controls.push(control);
    this.#news.emit('news');
    if (onHello !== undefined) onHello(control);
    else this.answerHello(control);
    void control.heard('REGISTER').then(
      ({ proof }) => {
        const isWrong = token !== undefined && proof !== prove('agent', token, control);
        if (isWrong) control.say('ERROR', { code: 'token-refused', message: 'wrong proof' });
        else if (onRegister !== undefined) onRegister(control);
        else this.answerRegister(control);
      },
      () => {},
    );
  }

  #visited(door: FakeBackConnect['door']): void {
    this.visitors[door] += 1;
    this.#news.emit('news');
  }

  #arrived(door: FakeBackConnect['door'], line: string, socket: Socket): void {
    this.backConnects.push({ door, line, socket });
    this.#news.emit('news');
  }

  async #nth<T>(list: () => T[], nth: number): Promise<T> {
    for (;;) {
      const found = list()[nth - 1];
      if (found !== undefined) return found;
      await once(this.#news, 'news');
    }
  }
}

export const KEY = 'k'.repeat(43);
export const SPARE_TICKET = 's'.repeat(22);
export const CLIENT = { address: '198.51.100.7', port: 50112 };

export function drawSecret(octets: number): string {
  return randomBytes(octets).toString('base64url');
}

/** docs/protocol.md, "Proofs". */
function prove(role: 'agent' | 'broker', token: string, { hello, nonce }: FakeControl): string {
  return createHmac('sha256', token)
    .update(`relay-broker/1 ${role}\n${token.split('.')[0]}\n${hello.nonce}\n${nonce}`)
    .digest('base64url');
}

/** Hands over the first line; what comes behind it stays to be read. */
function readFirstLine(socket: Socket, onLine: (line: string) => void): void {
  let begun = Buffer.alloc(0);
  const read = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      begun = Buffer.concat([begun, chunk]);
      const end = begun.indexOf('\n');
      if (end < 0) continue;
      socket.off('readable', read);
      const rest = begun.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      onLine(begun.toString('latin1', 0, end));
      return;
    }
  };
  socket.on('readable', read);
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let text = '';
  socket.on('data', (chunk) => {
    const lines = `${text}${chunk.toString('latin1')}`.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

async function listen(
  t: TestContext,
  tls: TlsOptions | undefined,
  onConnection: (socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  };
  const options = { allowHalfOpen: true };
  const server: Server =
    tls === undefined
      ? createServer(options, accept)
      : createTlsServer({ ...options, ...tls }, accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
