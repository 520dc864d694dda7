import { performance } from 'node:perf_hooks';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';

/** Nanoseconds in a millisecond, in which JetStream counts. */
const NANOS = 1_000_000;

/** Milliseconds between two signs of life where nothing changes. */
const HEARTBEAT = 1000;

/** Milliseconds for which NATS keeps a consumer that nobody listens to. */
const ABANDONED = 30_000;

/** Status codes of messages that are none of the stream: for a sign of life, or a question for one. */
const CONTROL = 100;

/** A message of a stream. */
export interface Delivered {
  subject: string;
  data: Uint8Array;
  revision: number;
  isDeletion: boolean;
}

export interface DeliveryObserver {
  delivered(message: Delivered): void;
  /** All that was in the stream has been delivered. */
  complete(): void;
  /** Something is missing, or may be from now on. */
  broken(): void;
}

/** The last message of each subject of a stream, and then each new one, as long as none is missing. */
export class Delivery {
  readonly #nc: NatsConnection;
  readonly #observer: DeliveryObserver;
  readonly #subscription: Subscription;
  #heardAt = performance.now();
  #count = 0;
  #isComplete = false;
  #isClosed = false;

  private constructor(nc: NatsConnection, inbox: string, observer: DeliveryObserver) {
    this.#nc = nc;
    this.#observer = observer;
    this.#subscription = nc.subscribe(inbox, {
      callback: (error, message) => this.#received(error, message),
    });
  }

  /** Rejects where JetStream does not answer, or has no such stream. */
  static async begin(
    nc: NatsConnection,
    jsm: JetStreamManager,
    stream: string,
    subjects: string,
    observer: DeliveryObserver,
  ): Promise<Delivery> {
    const { AckPolicy, DeliverPolicy } = await import('@nats-io/jetstream');
    const { createInbox } = await import('@nats-io/transport-node');
    const inbox = createInbox();
    const delivery = new Delivery(nc, inbox, observer);
    try {
      const consumer = await jsm.consumers.add(stream, {
        deliver_subject: inbox,
        deliver_policy: DeliverPolicy.LastPerSubject,
        filter_subject: subjects,
        ack_policy: AckPolicy.None,
        flow_control: true,
        idle_heartbeat: HEARTBEAT * NANOS,
        inactive_threshold: ABANDONED * NANOS,
        // It is of no use to others, nor to this process after a failure.
        num_replicas: 1,
        mem_storage: true,
      });
      if (consumer.num_pending === 0) delivery.#complete();
      return delivery;
    } catch (error) {
      delivery.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Milliseconds since anything came. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription.unsubscribe();
  }

  #received(error: Error | null, message: Msg): void {
    if (this.#isClosed) return;
    this.#heardAt = performance.now();
    const code = message.headers?.code ?? 0;
    if (error !== null || (code !== 0 && code !== CONTROL)) this.#broken();
    else if (code === CONTROL) this.#control(message);
    else this.#delivered(message);
  }

  #delivered(message: Msg): void {
    const at = placeOf(message.reply ?? '');
    this.#count += 1;
    if (at?.delivered !== this.#count) {
      this.#broken();
      return;
    }
    const { revision, pending } = at;
    const { subject, data, headers } = message;
    const isDeletion = (headers?.get('KV-Operation') ?? '') !== '';
    this.#observer.delivered({ subject, data, revision, isDeletion });
    if (pending === 0) this.#complete();
  }

  /** See ADR-15 of NATS, "Push consumers: heartbeats and flow control". */
  #control(message: Msg): void {
    const delivered = message.headers?.get('Nats-Last-Consumer') ?? '';
    const stalled = message.headers?.get('Nats-Consumer-Stalled') ?? '';
    // A question for a sign of life is answered; a sign of life says whether such a question was lost.
    if (message.reply) message.respond();
    else if (stalled !== '') this.#nc.publish(stalled);
    else if (Number(delivered) !== this.#count) this.#broken();
    else this.#complete();
  }

  #complete(): void {
    if (this.#isComplete || this.#isClosed) return;
    this.#isComplete = true;
    this.#observer.complete();
  }

  #broken(): void {
    this.close();
    this.#observer.broken();
  }
}

/**
 * Where in its stream a message is, by the subject that says so:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<revision>.<delivered>.<time>.<pending>`, or with a domain and an account
 * before the stream and something random at the end.
 */
function placeOf(reply: string) {
  const parts = reply.split('.');
  const at = parts.length === 9 ? 5 : 7;
  if (!reply.startsWith('$JS.ACK.') || parts.length < at + 4) return undefined;
  const [revision, delivered, , pending] = parts.slice(at, at + 4).map(Number);
  return { revision: revision ?? 0, delivered: delivered ?? 0, pending: pending ?? 0 };
}
