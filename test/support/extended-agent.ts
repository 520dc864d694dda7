// An agent of the extended protocol, written from docs/protocol.md with nothing of src/protocol.
import { createHmac, randomBytes } from 'node:crypto';
import { EventEmitter, on, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { connectTo, endingOf, read } from './tcp.ts';

/** The fields of all messages of a broker. Which of them came is for the test to see. */
export interface Body {
  version: number;
  nonce: string;
  registration: number;
  host: string;
  port: number;
  name: string;
  hostName: string;
  backConnectPort: number;
  resumed: boolean;
  key: string;
  lease: number;
  heartbeat: number;
  deadline: number;
  spareTicket: string;
  maxSpares: number;
  limits: Record<string, number>;
  proof: string;
  resume: string;
  ticket: string;
  client: { address: string; port: number };
  code: string;
  message: string;
  to: string;
}

export interface AgentSettings {
  /** `<name>.<secret>`. */
  token?: string;
  tls?: ConnectionOptions;
  localAddress?: string;
}

/** A control connection as an agent has it, and all that came on it so far. */
export class ExtendedAgent {
  readonly socket: Socket;
  readonly lines: { word: string; body: Body }[] = [];
  /** Resolves, when nothing more comes, with how it ended: `eof`, or the code of an error. */
  readonly ended: Promise<string>;
  readonly nonce = randomBytes(32).toString('base64url');
  readonly #events = new EventEmitter();
  readonly #token: string | undefined;
  #isOver = false;
  #text = '';

  constructor(socket: Socket, token?: string) {
    this.socket = socket;
    this.#token = token;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.once('end', () => socket.end());
    this.ended = endingOf(socket);
    void this.ended.then(() => {
      this.#isOver = true;
      this.#events.emit('over');
    });
  }

  get name(): string | undefined {
    return this.#token?.split('.')[0];
  }

  say(word: string, body: object = {}): void {
    this.socket.write(`[${word}] ${JSON.stringify(body)}\n`);
  }

  /** The `nth` line with this word, as soon as it is there. */
  async line(word: string, nth = 1): Promise<Body> {
    const found = () => this.lines.filter((line) => line.word === word)[nth - 1]?.body;
    let body = found();
    if (body === undefined && !this.#isOver) {
      for await (const _ of on(this.#events, 'line', { close: ['over'] })) {
        body = found();
        if (body !== undefined) break;
      }
    }
    if (body === undefined)
      throw new Error(`no ${nth}. [${word}] in ${JSON.stringify(this.lines)}`);
    return body;
  }

  /** Asks for a challenge, and resolves with the broker's nonce. */
  async hello(): Promise<string> {
    this.say('HELLO', { version: 1, nonce: this.nonce, token: this.name });
    return (await this.line('CHALLENGE')).nonce;
  }

  /** The proof of either end, see "Proofs". */
  proof(role: 'agent' | 'broker', brokerNonce: string): string | undefined {
    if (this.#token === undefined) return undefined;
    return createHmac('sha256', this.#token)
      .update(`relay-broker/1 ${role}\n${this.name}\n${this.nonce}\n${brokerNonce}`)
      .digest('base64url');
  }

  /** The whole handshake. Resolves with what is granted; a refusal is an error that names its code. */
  async register(request: object = {}): Promise<Body> {
    const nonce = await this.hello();
    this.say('REGISTER', { proof: this.proof('agent', nonce), ...request });
    const granted = await this.line('REGISTERED');
    if (granted.proof !== this.proof('broker', nonce)) throw new Error('the broker has no token');
    return granted;
  }

  #read(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const [, word = '', json = '{}'] = /^\[([A-Z-]{1,16})\] (\{[\x20-\x7e]*\})$/.exec(line) ?? [];
      this.lines.push({ word, body: JSON.parse(json) });
      this.#events.emit('line');
    }
  }
}

/** An agent's control connection, on which nothing has been said yet. */
export async function connectAgent(
  t: TestContext,
  controlPort: number,
  { token, ...settings }: AgentSettings = {},
): Promise<ExtendedAgent> {
  return new ExtendedAgent(await dial(t, controlPort, settings), token);
}

/** A registered agent, and what it was granted. */
export async function registerAgent(
  t: TestContext,
  controlPort: number,
  request: object = {},
  settings: AgentSettings = {},
): Promise<{ agent: ExtendedAgent; granted: Body }> {
  const agent = await connectAgent(t, controlPort, settings);
  return { agent, granted: await agent.register(request) };
}

/** A back-connect that has sent its first line. */
export async function backConnect(
  t: TestContext,
  port: number,
  line: { word: 'TICKET' | 'SPARE'; registration: number; ticket: string },
  settings: Omit<AgentSettings, 'token'> = {},
): Promise<Socket> {
  const socket = await dial(t, port, settings);
  const { word, ...body } = line;
  socket.write(`[${word}] ${JSON.stringify(body)}\n`);
  return socket;
}

/**
 * Has clients come until one is joined with a spare, as nobody is told when that is ready. Returns
 * that client, and the line that told the agent of it.
 */
export async function firstOfSpare(
  t: TestContext,
  { agent, granted }: { agent: ExtendedAgent; granted: Body },
  spare: Socket,
): Promise<{ client: Socket; line: string }> {
  const taken = firstLine(spare);
  for (let n = 1; ; n += 1) {
    const client = await connectTo(t, granted.port);
    const announced = agent.line('NEW', n).then(() => undefined);
    const line = await Promise.race([taken, announced]);
    if (line !== undefined) return { client, line };
  }
}

async function firstLine(socket: Socket): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) line += await read(socket, 1);
  return line;
}

async function dial(
  t: TestContext,
  port: number,
  { tls, localAddress }: Omit<AgentSettings, 'token'>,
): Promise<Socket> {
  const socket = await connectTo(t, port, localAddress === undefined ? {} : { localAddress });
  if (tls === undefined) return socket;
  const secured = connectTls({ ...tls, socket, host: '127.0.0.1' });
  secured.on('error', () => {});
  t.after(() => secured.destroy());
  await once(secured, 'secureConnect');
  return secured;
}
