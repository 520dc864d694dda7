import type {
  BackConnectHello,
  BackConnectRefusal,
  ClientLimits,
  ClientRefusal,
  CutReason,
  DataPlaneWarning,
  ExchangeSettings,
  ListenerDescriptors,
  ListenerSide,
  LiveConnection,
  PairEnding,
  Side,
  WaitingEnding,
} from '../data-plane.ts';
import type { SharedCell } from '../descriptor-budget.ts';
import type { SwitchboardAnnouncement } from '../switchboard/switchboard.ts';
import type { Detached } from './detach.ts';
import type { SocketAddress, SystemError } from './system-calls.ts';

/** What a thread starts with. */
export interface ThreadSettings {
  /** Rung by the main thread when it has sent something; see eventfd(2). */
  bell: number;
  /** The count of the process's descriptor budget. */
  budget: SharedCell;
  /** Of the {@link TrafficBoard}. */
  traffic: SharedArrayBuffer;
  /** See {@link HANDLED} and {@link READY}. */
  state: SharedCell;
}

/** Where the main thread counts the events that it has handled. */
export const HANDLED = 0;
/** Set by the thread once it waits for commands. */
export const READY = 1;

/** An error as it crosses between threads. */
export type SystemFailure = Pick<SystemError, 'message' | 'code' | 'errno' | 'syscall'>;

/** The same as an error again. */
export function systemError(failure: SystemFailure): Error & SystemFailure {
  return Object.assign(new Error(failure.message), failure);
}

/** What the main thread tells a thread. Ids are the main thread's, one sequence for exchanges and dials. */
export type LoopCommand =
  | { do: 'open'; id: number; settings: OpenSettings; counters: SharedArrayBuffer }
  /** Lets the first client in: whoever opened is now ready to hear of it. */
  | { do: 'start'; id: number }
  | {
      do: 'announce';
      id: number;
      /** Counts announcements and holds, so that lines for a registrant that is gone are known as such. */
      round: number;
      descriptor: number | undefined;
      announcement: SwitchboardAnnouncement;
    }
  | { do: 'hold'; id: number }
  | { do: 'set-parked'; id: number; isParked: boolean }
  | { do: 'limit'; id: number; limits: ClientLimits }
  | { do: 'fail'; id: number; ticket: string }
  /** The descriptor is the thread's from now on, and has been taken from the budget. */
  | { do: 'adopt'; id: number; connection: Detached; hello: BackConnectHello | undefined }
  | { do: 'adopt-client'; id: number; connection: Detached; greeting: string }
  | { do: 'say'; id: number; line: string }
  | { do: 'list'; id: number }
  /** Comes back as an event when it is done. */
  | { do: 'shut'; id: number; side: ListenerSide }
  /** The descriptors are the thread's from now on. Answered like `open`. */
  | { do: 'accept-from'; id: number; listeners: ListenerDescriptors }
  | { do: 'stop'; id: number }
  | { do: 'cut'; id: number; why: CutReason; client: number | undefined }
  | ({ do: 'dial'; id: number } & ResolvedDial)
  | ({ do: 'park'; id: number } & ResolvedSpare)
  /** A spare, once it is taken. */
  | ({ do: 'serve'; id: number } & ResolvedTarget)
  | { do: 'cut-dial'; id: number }
  | { do: 'answer' }
  | { do: 'close' };

/** The host is an address here: look-ups are the main thread's. */
export type OpenSettings = Omit<ExchangeSettings, 'host' | 'tls'> & { address: string };

export interface ResolvedDial extends ResolvedTarget {
  relay: SocketAddress[];
  hello?: string | undefined;
}

export interface ResolvedTarget {
  /** Tried one after the other. */
  target: SocketAddress[];
  preface?: Uint8Array | undefined;
  halfCloseTimeout: number;
  /** On the {@link TrafficBoard}. */
  place: number;
}

export interface ResolvedSpare {
  /** Tried one after the other. */
  relay: SocketAddress[];
  hello?: string | undefined;
}

/**
 * What a thread tells the main one, and the id of the exchange or dial that it is
 * about. Tuples, since there are several for each connection and they cross
 * between threads at a third of what objects cost.
 */
export type LoopEvent =
  | [is: 'opened', id: number, clients: Bound | undefined, backConnects: Bound | undefined]
  | [is: 'not-opened', id: number, error: SystemFailure]
  | [is: 'listed', id: number, connections: LiveConnection[]]
  | [is: 'shut', id: number]
  | [is: 'accepting', id: number, clients: Bound | undefined, backConnects: Bound | undefined]
  | [is: 'not-accepting', id: number, error: SystemFailure]
  | [is: 'stopped', id: number]
  | [is: 'finished', id: number]
  | [is: 'notify', id: number, round: number, text: string]
  | [is: 'client-waiting', id: number, client: number, address: string, port: number]
  | [is: 'client-paired', id: number, client: number, address: string, port: number, waited: number]
  | [
      is: 'client-ended',
      id: number,
      client: number,
      address: string,
      port: number,
      ...traffic: Traffic,
      ending: PairEnding | WaitingEnding,
      firstEnd: Side | undefined,
      waited: number,
      lasted: number,
    ]
  | [is: 'client-refused', id: number, cause: ClientRefusal, address: string]
  | [is: 'back-connect-refused', id: number, cause: BackConnectRefusal, address: string]
  | [is: 'taken', id: number, line: string]
  | [is: 'dialled', id: number]
  | [is: 'dial-failed', id: number, side: 'relay' | 'target', error: SystemFailure]
  | [is: 'answer', id: undefined]
  | [
      is: 'dial-ended',
      id: number,
      ...traffic: Traffic,
      ending: PairEnding,
      firstEnd: Side | undefined,
    ]
  | [is: 'warning', id: undefined, warning: DataPlaneWarning]
  /** Said by the main thread itself, to everyone who waits for that thread. */
  | [is: 'thread-failed', id: number, error: Error];

/** A listener of an exchange, owned by its thread. */
export interface Bound {
  readonly port: number;
  readonly descriptor: number;
}

/** Bytes of a pair so far. */
export type Traffic = [toServer: number, toClient: number];
