import type { TlsSource } from '../../data-plane/data-plane.ts';
import type { BackConnectMessage } from '../../protocol/extended.ts';
import type { LineBuffer } from '../../protocol/line-buffer.ts';
import type { ControlConnection } from '../control-connection.ts';
import type { MuxSession, MuxTimes } from '../mux-session.ts';
import type { Application, HandshakePolicy } from './handshake.ts';
import type { Refusal } from './refusal.ts';

export interface VisitorPolicy extends HandshakePolicy {
  /** Milliseconds in which nothing comes from a registrant of the basic protocol. */
  helloWait: number;
  /** What TLS connections are encrypted with; without, there are none. */
  tls: TlsSource | undefined;
  mux: MuxTimes;
}

/** Where visitors get to once they have said who they are. */
export interface Host {
  /** Takes over a connection on which nothing came, or tells why not. */
  registerBasic(connection: ControlConnection): Promise<Refusal | undefined>;
  /** The same for the first stream of a session. */
  registerMux(connection: ControlConnection, mux: MuxSession): Promise<Refusal | undefined>;
  /** Takes over an agent's connection, with what came behind its last line, or tells why not. */
  registerExtended(
    connection: ControlConnection,
    application: Application,
    lines: LineBuffer,
  ): Promise<Refusal | undefined>;
  /** Takes over a back-connect, with what came behind its first line, or tells why not. */
  adopt(
    connection: ControlConnection,
    hello: BackConnectMessage,
    rest: Buffer,
  ): Refusal | undefined;
  refused(address: string, refusal: Refusal): void;
  /** Somebody claims to have the token of this name. */
  denied(address: string, name: string): void;
}
