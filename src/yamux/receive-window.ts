/** Bytes that either side may send before the other has read any. */
export const WINDOW = 256 * 1024;

/** So much has to have been read for the peer to be told. */
const LEAST_UPDATE = WINDOW / 2;

/** How much the peer of a stream may send: what is on its way and what is not read yet take from it. */
export class ReceiveWindow {
  #room = WINDOW;
  #announced = 0;

  /** Bytes that the peer may still send. */
  get room(): number {
    return this.#room;
  }

  /** The peer sends so many, at most the room. */
  announce(length: number): void {
    this.#room -= length;
    this.#announced += length;
  }

  /**
   * How much to open it by, as worth a frame; 0 while it is not.
   *
   * @param arrived - bytes that have come in all
   * @param unread - of those
   */
  open(arrived: number, unread: number): number {
    const onTheWay = this.#announced - arrived;
    const increase = WINDOW - this.#room - onTheWay - unread;
    if (increase < LEAST_UPDATE) return 0;
    this.#room += increase;
    return increase;
  }
}
