/** What is said where services are found by name, in lines; see docs/front-doors.md, "Names". */

/** What each of the two ports says first. */
export const SERVER_GREETING = 'SERVER';
export const CLIENT_GREETING = 'CLIENT';

/** What a server may ask for; all but the last with a name, which is the next line. */
export const COMMANDS = ['RESERVE', 'RELEASE', 'CONNECT', 'STOP'] as const;

export type Command = (typeof COMMANDS)[number];

/** Both sides are joined. */
export const CONNECTED = 'CONNECTED';

/** Why a server is not given what it asks for. */
export const USED = 'USED';
export const UNKNOWN_COMMAND = 'UNKNOWN COMMAND';

/** Why a client is not joined with a service. */
export const ABSENCES = ['NOEXIST', 'OFFLINE'] as const;

export type Absence = (typeof ABSENCES)[number];

/** Octets of a name. */
const LONGEST_NAME = 255;

/** Octets of a line: a name, and a carriage return before the line feed. */
export const LONGEST_LINE = LONGEST_NAME + 1;

/** Control characters, and what stands for octets that are not UTF-8. */
const NOT_IN_NAMES = /[\p{Cc}\ufffd]/u;

/** Whether a service may be called so. Names are compared as they are, octet by octet. */
export function isServiceName(name: string): boolean {
  const length = Buffer.byteLength(name);
  return length >= 1 && length <= LONGEST_NAME && !NOT_IN_NAMES.test(name);
}

/** What a line asks for, in letters of any case. */
export function parseCommand(line: string): Command | undefined {
  const word = withoutReturn(line);
  // Not by toUpperCase(), which makes ASCII of other letters.
  return COMMANDS.find((command) => new RegExp(`^${command}$`, 'i').test(word));
}

/** The name in a line. */
export function parseServiceName(line: string): string | undefined {
  const name = withoutReturn(line);
  return isServiceName(name) ? name : undefined;
}

/** A line, as far as it means something: since no line has a carriage return in it, one at its end does no harm. */
export function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
