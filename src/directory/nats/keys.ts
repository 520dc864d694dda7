/** Octets that a key of NATS's key-value store takes as they are; those of `.` part it, those of `=` begin an escape here. */
const PLAIN = /[A-Za-z0-9_-]/;

const ESCAPED = /^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/;

/**
 * A store's key, `<kind>.<id>`, as NATS takes it: any octet of the id that is not plain is written as `=` and two
 * hexadecimal digits, so that operators can read most of them.
 */
export function encodeKey(key: string): string {
  const dot = key.indexOf('.') + 1;
  let encoded = key.slice(0, dot);
  for (const octet of Buffer.from(key.slice(dot))) {
    const character = String.fromCharCode(octet);
    encoded += PLAIN.test(character) ? character : escapeOctet(octet);
  }
  return encoded;
}

/** Undefined for what is no key of this form. */
export function decodeKey(encoded: string): string | undefined {
  const dot = encoded.indexOf('.') + 1;
  const id = encoded.slice(dot);
  if (!ESCAPED.test(id)) return undefined;
  const octets = id.replace(/=(..)/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const key = encoded.slice(0, dot) + Buffer.from(octets, 'latin1').toString();
  // Not what is no UTF-8, or could have been written in fewer characters: one id has one key.
  return encodeKey(key) === encoded ? key : undefined;
}

function escapeOctet(octet: number): string {
  return `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
