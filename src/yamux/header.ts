/** The header of every frame, see "Framing" in spec.md of hashicorp/yamux. All fields are big endian. */
export interface Header {
  type: number;
  flags: number;
  /** 0 is the session's own. */
  id: number;
  /** Octets of payload, an increase of a window, a ping's value, or why a session ends. */
  length: number;
}

export const HEADER_SIZE = 12;

export const TYPE = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;

export const FLAG = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** Why a session ends, in a frame of type `goAway`. */
export const GO_AWAY = { normal: 0, protocolError: 1, internalError: 2 } as const;

/** What fits into `id` and `length`. */
export const MOST = 0xffff_ffff;

const VERSION = 0;

export function encodeHeader({ type, flags, id, length }: Header): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_SIZE);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt32BE(id, 4);
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

/** Undefined for another version, and for a type that this one does not have. */
export function decodeHeader(bytes: Buffer): Header | undefined {
  const type = bytes.readUInt8(1);
  if (bytes.readUInt8(0) !== VERSION || type > TYPE.goAway) return undefined;
  return {
    type,
    flags: bytes.readUInt16BE(2),
    id: bytes.readUInt32BE(4),
    length: bytes.readUInt32BE(8),
  };
}
