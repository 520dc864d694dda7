import type { ConnectionOptions } from 'node:tls';
import type { AgentSettings } from '../../options/agent-options.ts';
import { type ClientAddress, type Registered, spareWords } from '../../protocol/extended.ts';
import { parseMessage } from '../../protocol/message.ts';
import type { NoticeListener } from '../events.ts';
import type { Service } from '../service.ts';
import type { ControlConnection } from './control-connection.ts';
import type { DoorMemory } from './door.ts';
import type { WaitingClient } from './link.ts';

/** What `[NEW]` and `[TAKEN]` say. */
export interface Arrival {
  ticket: string;
  client: ClientAddress;
}

export type ArrivalListener = (from: WaitingClient['from'], arrival: Arrival) => void;

/** How an agent of the extended protocol gets its clients. */
export interface Source {
  /** See {@link Link.mostDialling}. */
  readonly mostDialling: number;
  /** Hands over each client from now on. To be called once. */
  start(onArrival: ArrivalListener): void;
  /** A client waits at the relay. False where none is to be fetched. */
  announced(arrival: Arrival): boolean;
  /** No more clients for now. */
  pause(): void;
  resume(): void;
  /** Resolves when nothing is left but clients that were handed over. */
  close(): Promise<void>;
}

export interface SourceContext {
  settings: Pick<AgentSettings, 'singlePort' | 'spares' | 'proxyProtocol'>;
  service: Service;
  doors: DoorMemory;
  notice: NoticeListener;
  tls: ConnectionOptions | undefined;
}

export interface Registration {
  connection: ControlConnection;
  registered: Registered;
}

/** What a line says that comes ahead of a client's bytes. When it says nothing, the relay is none. */
export function readTaken(line: string, connection: ControlConnection): Arrival | undefined {
  const message = parseMessage(spareWords, line);
  if (!('fault' in message)) return message.body;
  connection.end(connection.nonsense(line));
  return undefined;
}
