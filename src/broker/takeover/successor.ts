import { RelayError, reasonOf } from '../../errors.ts';
import type { TakeoverProgress } from '../events.ts';
import type { InheritedListener } from '../inheritance.ts';
import type { Lease } from '../leases/lease-file.ts';
import type { Channel } from './channel.ts';
import { isTrusted, meetAt, type Place } from './meeting-place.ts';
import { type Heard, hear, say, VERSION } from './words.ts';

/** Milliseconds for the predecessor to answer, and to have shut all that it has. */
const ANSWER_TIMEOUT = 5000;
const SHUT_TIMEOUT = 10_000;

/** Listeners and leases that are taken. Beyond, something is wrong at the other end. */
const MOST = 200_000;

/** What a broker has from the process whose place it takes. */
export class Succession {
  readonly listeners: InheritedListener[] = [];
  readonly leases: Lease[] = [];
  /** The last id of a registration there. */
  lastId = 0;
  readonly #channel: Channel;
  readonly #tell: (progress: TakeoverProgress) => void;
  #isOver = false;

  private constructor(channel: Channel, tell: (progress: TakeoverProgress) => void) {
    this.#channel = channel;
    this.#tell = tell;
  }

  /**
   * Asks for the place of the broker that is there. Rejects with `E_TAKEOVER`, and the other one goes on.
   *
   * @param tell - hears how that goes
   */
  static async ask(place: Place, tell: (progress: TakeoverProgress) => void): Promise<Succession> {
    const channel = await meet(place);
    const succession = new Succession(channel, tell);
    try {
      await succession.#receive();
      return succession;
    } catch (error) {
      await succession.close();
      throw failed(`The broker there does not give its place away: ${reasonOf(error)}.`, error);
    }
  }

  /** All is open. Resolves when the other one accepts nobody any more, and rejects when it goes on. */
  async serving(): Promise<void> {
    await say(this.#channel, { word: 'serving' });
    // One that ends at this very moment has nothing left to say.
    const last = await hear(this.#channel, ANSWER_TIMEOUT).catch(() => undefined);
    this.#isOver = true;
    this.#channel.close();
    if (last?.said.word === 'back') {
      throw failed('The broker there has waited too long and goes on. Try again.', undefined);
    }
    this.#tell({ stage: 'serving' });
  }

  /** Leaves the place to the other one, unless this one serves. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await say(this.#channel, { word: 'failed', reason: 'it could not start' }).catch(() => {});
    this.#channel.close();
  }

  async #receive(): Promise<void> {
    const channel = this.#channel;
    if (!isTrusted(channel)) {
      throw new Error(`its process ${channel.peer?.pid} belongs to user ${channel.peer?.uid}`);
    }
    // One that has refused already does not hear it.
    await say(channel, { word: 'take', version: VERSION }).catch(() => {});
    const { said } = await hear(channel, ANSWER_TIMEOUT);
    if (said.word === 'refuse') throw new Error(said.reason);
    if (said.word !== 'wait') throw new Error(`it said "${said.word}" too early`);
    this.#tell({ stage: 'found', pid: channel.peer?.pid ?? 0 });
    for (let count = 0; count < MOST; count += 1) {
      if (!this.#take(await hear(channel, SHUT_TIMEOUT))) return;
    }
    throw new Error('there is no end of what it has');
  }

  /** Whether there is more to come. */
  #take({ said, descriptor }: Heard): boolean {
    switch (said.word) {
      case 'listener':
        if (descriptor !== undefined) {
          this.listeners.push({ role: said.role, port: said.port, descriptor });
        }
        return true;
      case 'lease':
        this.leases.push(said.lease);
        return true;
      case 'all': {
        this.lastId = said.lastId;
        const [listeners, leases] = [this.listeners.length, this.leases.length];
        this.#tell({ stage: 'received', listeners, leases });
        return false;
      }
      case 'refuse':
        throw new Error(said.reason);
      default:
        throw new Error(`it said "${said.word}" too early`);
    }
  }
}

async function meet(place: Place): Promise<Channel> {
  if (process.platform !== 'linux') {
    throw failed(`That takes Linux, and this is ${process.platform}.`, undefined);
  }
  try {
    await import('koffi');
  } catch (error) {
    throw failed('That takes the optional package koffi, which is not installed.', error);
  }
  try {
    return await meetAt(place);
  } catch (error) {
    const { host = 'all addresses', port } = place;
    throw failed(
      `No broker can be met that was started with port ${port} and ${host} (${reasonOf(error)}). Start the first one without --takeover.`,
      error,
    );
  }
}

function failed(what: string, cause: unknown): RelayError {
  return new RelayError('E_TAKEOVER', `Cannot take over: ${what}`, { cause });
}
