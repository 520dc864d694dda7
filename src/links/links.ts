import type { StreamSocket } from '../data-plane/data-plane.ts';
import type { LinkAddress, Member } from '../directory/member.ts';

/** A client that has come to one member and is served by another one. */
export interface ForwardedClient {
  /** That it asked for. */
  name: string;
  /** Its own address and port. */
  client: { address: string; port: number };
  /** What it is to be told once it is joined; nothing when empty. */
  greeting: string;
}

/**
 * Why a member does not serve a client that was forwarded. `not-here`: it has no such name, or not any more.
 * `away`: it has, and nobody is there to serve it.
 */
export type ForwardRefusal = 'not-here' | 'away';

/** What a member does for others. */
export interface LinkHost {
  /**
   * Whether a client that came by another member is served. It is served here or not at all: nothing is forwarded
   * twice. If so, what is returned gets its stream, at once.
   */
  serve(client: ForwardedClient): ForwardRefusal | ((stream: StreamSocket) => void);
  /**
   * Whether this member promises to another not to count its session out before a time has passed,
   * see docs/fleet.md, "Who owns a name".
   */
  promise(session: string): boolean;
}

/** The connections between the members of a fleet: authenticated by what only members know, and encrypted. */
export interface Links {
  /** Where others dial this member. */
  readonly address: Omit<LinkAddress, 'host'>;
  /**
   * Takes a client to the member that serves it. Resolves with a stream on which its bytes go both ways
   * from then on, or with why not; rejects with a {@link LinkError} when that member does not answer.
   */
  forward(member: Member, client: ForwardedClient): Promise<StreamSocket | ForwardRefusal>;
  /** Asks a member for its promise. False also where there is no answer within `patience` milliseconds. */
  askPromise(member: Member, session: string, patience: number): Promise<boolean>;
  /** Whether there is a connection to the member of this name, for clients. */
  isDialled(member: string): boolean;
  /** Takes nobody in any more; resolves when the streams there are have ended. */
  close(): Promise<void>;
  /** Ends what is left. */
  cut(): void;
}

/**
 * Why a member does not answer. `unreachable`: it cannot be dialled. `untrusted`: what is dialled has
 * another key, or does not know this member. `timeout`: it took too long. `lost`: the connection broke off.
 * `reset`: that member has reset this client, which its service does not let in. `misbehaved`: the answer makes no sense. `descriptors`: this process has none left. `closed`: this member leaves.
 */
export type LinkFailure =
  | 'unreachable'
  | 'untrusted'
  | 'timeout'
  | 'lost'
  | 'reset'
  | 'misbehaved'
  | 'descriptors'
  | 'closed';

/** A member does not answer. */
export class LinkError extends Error {
  override name = 'LinkError';
  readonly failure: LinkFailure;

  constructor(failure: LinkFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
