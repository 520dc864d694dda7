/** RFC 8446, 6.2, and for the second one RFC 6066, 3. */
const DESCRIPTIONS = { internalError: 80, unrecognizedName: 112 };

const ALERT = 21;
const FATAL = 2;

/** The record that ends a handshake, in plain bytes, which any client understands before the first answer of a server. */
export function fatalAlert(description: keyof typeof DESCRIPTIONS): Buffer {
  return Buffer.from([ALERT, 3, 3, 0, 2, FATAL, DESCRIPTIONS[description]]);
}
