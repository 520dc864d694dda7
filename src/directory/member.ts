/** How busy a member is, as it says itself. */
export interface Load {
  registrations: number;
  /** Relayed connections. */
  connections: number;
}

/** What a member says of itself. */
export interface MemberNews {
  load: Load;
  /** Whether it is about to leave: nobody is to be sent there. */
  isDraining: boolean;
}

/** Where the other members dial a member, and how they prove to it that they are some. */
export interface LinkAddress {
  host: string;
  port: number;
  /** 32 random octets in base64url, made anew at each start, and known to members only. */
  key: string;
}

/**
 * `live`: its tenure may run. `silent`: nothing came of it for so long that its tenure is about to be ended.
 * `gone`: its tenure has ended, whether it left or was ended by another.
 */
export type MemberState = 'live' | 'silent' | 'gone';

/** A broker of a fleet. */
export interface Member extends MemberNews {
  /** `<advertise>:<control port>`: where agents reach it. One process has it at a time. */
  readonly name: string;
  /** Its time as a member, from joining to leaving or being counted out. Joining again begins another one. */
  readonly session: string;
  readonly link: LinkAddress;
  readonly state: MemberState;
}
