import type { ServerResponse } from 'node:http';
import type { BrokerEvents } from '../broker/events.ts';
import type { ConnectionsEvent, SnapshotAnswer } from './api/answers.ts';
import type { OperatedBroker } from './operated-broker.ts';

/** Streams at one time. */
const MOST = 16;

/** Milliseconds between two snapshots. */
const INTERVAL = 1000;

/** Snapshots in a row that a reader may miss, since it has not read what came before, until it is dropped. */
const PATIENCE = 10;

/** Bytes that may lie unread: whoever is so far behind learns from the next snapshot what else has happened. */
const MOST_UNREAD = 64 * 1024;

/** Connections of a registration that one event lists: the newest. */
const MOST_LISTED = 1000;

/** What happens to registrations, told at once to all who keep up. */
const TOLD = ['registered', 'restored', 'held', 'resumed', 'parked', 'unparked', 'ended'] as const;

interface Stream {
  response: ServerResponse;
  /** Registrations whose connections it is told of. */
  connections: readonly number[];
  missed: number;
}

/**
 * Server-sent events (HTML Living Standard, 9.2) for all who want to follow the broker. Every second
 * has one snapshot, whoever many follow; nothing is done while nobody does.
 */
export class EventStreams {
  readonly #broker: OperatedBroker;
  readonly #snapshot: () => SnapshotAnswer;
  readonly #failed: (error: unknown) => void;
  readonly #interval: number;
  readonly #streams = new Set<Stream>();
  readonly #listeners = TOLD.map(
    (name) => [name, (...[{ id }]: BrokerEvents[typeof name]) => this.#tell(name, id)] as const,
  );
  #timer: NodeJS.Timeout | undefined;
  #isTicking = false;

  /**
   * @param failed - called when the broker could not say how it stands
   * @param interval - milliseconds between two snapshots
   */
  constructor(
    broker: OperatedBroker,
    snapshot: () => SnapshotAnswer,
    failed: (error: unknown) => void,
    interval = INTERVAL,
  ) {
    this.#broker = broker;
    this.#snapshot = snapshot;
    this.#failed = failed;
    this.#interval = interval;
  }

  get isFull(): boolean {
    return this.#streams.size >= MOST;
  }

  /** Begins to tell, behind a head that has been written. */
  open(response: ServerResponse, connections: readonly number[]): void {
    const stream = { response, connections, missed: 0 };
    response.on('error', () => {});
    response.once('close', () => this.#forget(stream));
    if (this.#streams.size === 0) this.#begin();
    this.#streams.add(stream);
    response.write(event('snapshot', this.#snapshot()));
  }

  /** Ends all of them: whoever had a right to them may have lost it, or the broker is gone. */
  close(): void {
    for (const stream of this.#streams) {
      stream.response.end();
      this.#forget(stream);
    }
  }

  #begin(): void {
    this.#timer = setInterval(() => void this.#tick(), this.#interval);
    for (const [name, listener] of this.#listeners) this.#broker.on(name, listener);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    for (const [name, listener] of this.#listeners) this.#broker.off(name, listener);
  }

  /** One at a time: where a data plane takes longer to list its connections, seconds are left out. */
  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      await this.#tellAll([...this.#streams].filter((stream) => isReading(stream)));
    } catch (error) {
      this.#failed(error);
    }
    this.#isTicking = false;
  }

  async #tellAll(readers: readonly Stream[]): Promise<void> {
    if (readers.length === 0) return;
    const text = event('snapshot', this.#snapshot());
    for (const { response } of readers) response.write(text);
    for (const id of new Set(readers.flatMap(({ connections }) => connections))) {
      await this.#list(id, readers);
    }
  }

  async #list(registration: number, readers: readonly Stream[]): Promise<void> {
    const live = (await this.#broker.connections(registration)) ?? [];
    const connections = live.slice(-MOST_LISTED);
    const told: ConnectionsEvent = { registration, total: live.length, connections };
    const text = event('connections', told);
    for (const stream of readers) {
      // Whoever was here when the data plane was asked may have gone.
      const isHere = this.#streams.has(stream);
      if (isHere && stream.connections.includes(registration)) stream.response.write(text);
    }
  }

  #tell(name: string, registration: number): void {
    const text = event(name, { registration });
    for (const { response } of this.#streams) {
      if (response.writableLength < MOST_UNREAD) response.write(text);
    }
  }
}

/** Whether it has read what it was told; one that does not for long is dropped. */
function isReading(stream: Stream): boolean {
  const isBehind = stream.response.writableLength > 0;
  stream.missed = isBehind ? stream.missed + 1 : 0;
  if (stream.missed > PATIENCE) stream.response.destroy();
  return !isBehind;
}

/** JSON has no line ends of its own. */
function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
