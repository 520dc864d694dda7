import type { ProtocolError } from '../../protocol/error-codes.ts';
import { type AgentMessage, type BackConnectMessage, VERSION } from '../../protocol/extended.ts';
import { formatMessage } from '../../protocol/message.ts';
import { drawNonce, drawToken, prove, sameProof } from '../../protocol/proof.ts';
import { isExpired } from '../access/token-book.ts';
import type { TokenRights } from '../access/token-rights.ts';
import { type AgentLine, MessageReader, outOfOrder } from '../message-reader.ts';

/** Who may register by the extended protocol. */
export interface HandshakePolicy {
  /** Whether it takes TLS to register. */
  tlsRequired: boolean;
  /** Whether it takes a token. */
  tokenRequired: boolean;
  /** Those that are expired included. */
  findToken(name: string): TokenRights | undefined;
}

/** What an agent asks for, and what it has proved to be. */
export interface Application {
  request: Extract<AgentMessage, { word: 'REGISTER' }>['body'];
  /** Of the token that it has. */
  rights: TokenRights | undefined;
  /** That the broker has that token too. */
  proof: string | undefined;
}

/** What is to be done about a line. */
export type Step =
  | { do: 'challenge'; line: string }
  /** Then it goes on. */
  | { do: 'object'; error: ProtocolError }
  | { do: 'nothing' }
  | { do: 'refuse'; error: ProtocolError }
  /** The token is no good. To be said late: guessing is to take long. */
  | { do: 'deny'; error: ProtocolError; name: string }
  | { do: 'register'; application: Application }
  | { do: 'adopt'; hello: BackConnectMessage };

/** How far a connection has come in saying who it is. */
type HandshakeState =
  | { at: 'start' }
  | { at: 'challenged'; name: string | undefined; agentNonce: string; brokerNonce: string }
  | { at: 'over' };

/** The first words of whoever can speak this protocol. */
const BEGINNING = /^\[(HELLO|TICKET|SPARE)\]/;

/** Stands in for the token of a name that nobody has, so that both take equally long. */
const NOBODYS_TOKEN = drawToken('nobody');

/** What an agent and a broker say to each other before a registration. Knows of no socket. */
export class Handshake {
  readonly #policy: HandshakePolicy;
  readonly #secured: boolean;
  readonly #messages = new MessageReader();
  #state: HandshakeState = { at: 'start' };

  constructor(policy: HandshakePolicy, { secured }: { secured: boolean }) {
    this.#policy = policy;
    this.#secured = secured;
  }

  read(line: string): Step {
    if (this.#state.at === 'start' && !BEGINNING.test(line)) return refuse(HELLO_UNKNOWN);
    const message = this.#messages.read(line);
    if (!('objection' in message)) return this.#follow(message);
    const { objection, fatal } = message;
    return { do: fatal ? 'refuse' : 'object', error: objection };
  }

  #follow(message: AgentLine): Step {
    const { at } = this.#state;
    if (at === 'start') {
      if (message.word === 'HELLO') return this.#challenge(message.body);
      if (message.word === 'TICKET' || message.word === 'SPARE') {
        return { do: 'adopt', hello: message };
      }
    } else if (at === 'challenged') {
      if (message.word === 'REGISTER') return this.#register(message.body, this.#state);
      if (message.word === 'ERROR') return { do: 'nothing' };
    }
    return refuse(outOfOrder(message.word));
  }

  #challenge({ nonce: agentNonce, token: name }: Hello): Step {
    if (this.#policy.tlsRequired && !this.#secured) return refuse(TLS_REQUIRED);
    const brokerNonce = drawNonce();
    this.#state = { at: 'challenged', name, agentNonce, brokerNonce };
    const line = formatMessage('CHALLENGE', { version: VERSION, nonce: brokerNonce });
    return { do: 'challenge', line };
  }

  #register(request: Application['request'], challenged: Challenged): Step {
    const { name, agentNonce, brokerNonce } = challenged;
    this.#state = { at: 'over' };
    if (name === undefined) {
      if (this.#policy.tokenRequired) return refuse(TOKEN_REQUIRED);
      return { do: 'register', application: { request, rights: undefined, proof: undefined } };
    }
    const challenge = { name, agentNonce, brokerNonce };
    const rights = this.#policy.findToken(name);
    const token = rights?.token ?? NOBODYS_TOKEN;
    const isRight = sameProof(request.proof ?? '', prove('agent', token, challenge));
    if (rights === undefined || !isRight) return { do: 'deny', error: TOKEN_REFUSED, name };
    if (isExpired(rights)) return refuse(TOKEN_EXPIRED);
    const proof = prove('broker', token, challenge);
    return { do: 'register', application: { request, rights, proof } };
  }
}

type Hello = Extract<AgentLine, { word: 'HELLO' }>['body'];
type Challenged = Extract<HandshakeState, { at: 'challenged' }>;

const HELLO_UNKNOWN: ProtocolError = {
  code: 'hello-unknown',
  message: 'this relay knows no such first line; to register, connect and send nothing',
};

const TLS_REQUIRED: ProtocolError = {
  code: 'tls-required',
  message: 'this relay takes registrations over TLS only; connect with TLS (relay-agent --tls)',
};

const TOKEN_REQUIRED: ProtocolError = {
  code: 'token-required',
  message: 'this relay takes registrations with a token only; ask its operator for one',
};

const TOKEN_REFUSED: ProtocolError = {
  code: 'token-refused',
  message: 'this relay has no such token; compare it with what its operator gave out',
};

const TOKEN_EXPIRED: ProtocolError = {
  code: 'token-expired',
  message: 'this token has expired; ask the operator of the relay for another',
};

function refuse(error: ProtocolError): Step {
  return { do: 'refuse', error };
}
