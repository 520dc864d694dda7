/** Bytes that either side may send before the other has read any. */
export const WINDOW = 256 * 1024;

/** So much has to have been read for the peer to be told. */
const LEAST_UPDATE = WINDOW / 2;

/** How much the peer of a stream may send: what is on its way and what is not read yet take from it. */
export class ReceiveWindow {
  #room = WINDOW;
  #onTheWay = 0;

  /** Bytes that the peer may still send. */
  get room(): number {
    return this.#room;
  }

  /** The peer sends so many, at most the room. */
  announced(length: number): void {
    this.#room -= length;
    this.#onTheWay += length;
  }

  /** So many of those are here. */
  arrived(length: number): void {
    this.#onTheWay -= length;
  }

  /**
   * How much to open it by, as worth a frame; 0 while it is not.
   *
   * @param unread - bytes that are here
   */
  open(unread: number): number {
    const increase = WINDOW - this.#room - this.#onTheWay - unread;
    if (increase < LEAST_UPDATE) return 0;
    this.#room += increase;
    return increase;
  }
}
