import {
  type Beginning,
  ENDED_BEFORE,
  FIRST_LINE_TOO_LONG,
  type FirstLine,
} from '../../first-line.ts';
import type { SystemFailure } from '../messages.ts';
import { AGAIN, NO_EVENTS, type Readiness, receive, SystemError } from '../system-calls.ts';
import type { Source } from './loop.ts';

/** Read into and copied from within one call. What comes behind a line waits for its receiver, so it shall not be much. */
const scratch = new Uint8Array(8 * 1024);

const ENDED: SystemFailure = { ...ENDED_BEFORE, errno: 0, syscall: 'read' };
const TOO_LONG: SystemFailure = { ...FIRST_LINE_TOO_LONG, errno: 0, syscall: 'read' };

export interface FirstLineOwner {
  /**
   * The line is there, and nothing is read any more.
   *
   * @param seen - what was reported of the connection: whoever takes it over has not heard of it
   */
  began(beginning: Beginning, seen: Readiness): void;
  /** There will be no line. */
  failed(failure: SystemFailure): void;
}

/** Reads the first line of a connection, and then leaves it to its owner. */
export class FirstLineReader implements Source {
  readonly #descriptor: number;
  readonly #owner: FirstLineOwner;
  readonly #line: Pick<FirstLine, 'add'>;
  #seen: Readiness = NO_EVENTS;

  /** @param line - new */
  constructor(descriptor: number, line: Pick<FirstLine, 'add'>, owner: FirstLineOwner) {
    this.#descriptor = descriptor;
    this.#line = line;
    this.#owner = owner;
  }

  /** Reads until nothing more is there, also where a read stops short (tcp(7), urgent bytes). */
  ready(events: Readiness): void {
    this.#seen = (this.#seen | events) as Readiness;
    for (;;) {
      const count = receive(this.#descriptor, scratch);
      if (count === AGAIN) return;
      if (count <= 0) {
        this.#owner.failed(count === 0 ? ENDED : new SystemError('read', count).plain);
        return;
      }
      const beginning = this.#line.add(scratch.subarray(0, count));
      if (beginning === undefined) continue;
      if (beginning === 'too-long') this.#owner.failed(TOO_LONG);
      else this.#owner.began(beginning, this.#seen);
      return;
    }
  }
}
