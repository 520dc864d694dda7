import type { Server } from 'node:net';
import type { HandoverProgress } from '../events.ts';
import type { Channel } from './channel.ts';
import { type Place, waitAt } from './meeting-place.ts';
import { type Estate, Predecessor } from './predecessor.ts';
import { say } from './words.ts';

/** Those who ask for the place of a broker, one at a time. */
export class Successors {
  readonly #estate: Estate;
  readonly #tell: (progress: HandoverProgress) => void;
  #server: Server | undefined;
  #isMeeting = false;

  private constructor(estate: Estate, tell: (progress: HandoverProgress) => void) {
    this.#estate = estate;
    this.#tell = tell;
  }

  /** Undefined where descriptors cannot be handed over. Rejects with the system's error when others wait there. */
  static async await(
    place: Place,
    estate: Estate,
    tell: (progress: HandoverProgress) => void,
  ): Promise<Successors | undefined> {
    if (process.platform !== 'linux') return undefined;
    const successors = new Successors(estate, tell);
    successors.#server = await waitAt(place, (channel) => void successors.#meet(channel));
    return successors;
  }

  /** Nobody can ask any more. */
  close(): void {
    this.#server?.close();
  }

  async #meet(channel: Channel): Promise<void> {
    if (this.#isMeeting) {
      const reason = 'another process takes its place at this moment';
      await say(channel, { word: 'refuse', reason }).catch(() => {});
      channel.close();
      return;
    }
    this.#isMeeting = true;
    this.#isMeeting = await new Predecessor(this.#estate, this.#tell).meet(channel);
  }
}
