import * as v from 'valibot';
import { MAX_LINE } from './lines.ts';

/** The words of one end and what their objects hold. Fields that are not named are dropped. */
export type Vocabulary = Record<string, v.GenericSchema>;

/** A message as its receiver gets it. */
export type Message<V extends Vocabulary> = {
  [Word in keyof V]: { word: Word; body: v.InferOutput<V[Word]> };
}[keyof V];

/** A line that is no message, or one whose word its receiver does not know. */
export type Fault =
  | { fault: 'bad-message'; reason: string }
  | { fault: 'word-unknown'; reason: string };

const MESSAGE = /^\[([A-Z-]{1,16})\] (\{.*\})$/;

/** What JSON leaves as it is, but is not of %x20-7E. */
const NOT_ASCII = /[\u007f-\uffff]/g;

/** One line, its end included. Throws a RangeError for what exceeds a line, which is a mistake of ours. */
export function formatMessage(word: string, body: object = {}): string {
  const json = JSON.stringify(body).replace(NOT_ASCII, escapeCharacter);
  const line = `[${word}] ${json}\n`;
  if (line.length > MAX_LINE + 1) throw new RangeError(`[${word}] exceeds a line`);
  return line;
}

/** Reads a line without its end. Never throws. */
export function parseMessage<V extends Vocabulary>(
  vocabulary: V,
  line: string,
): Message<V> | Fault {
  const [, word = '', json = ''] = MESSAGE.exec(line) ?? [];
  if (word === '' || !isPrintable(json)) return bad('it is not [WORD] {"and":"JSON"}');
  const schema = Object.hasOwn(vocabulary, word) ? vocabulary[word] : undefined;
  if (schema === undefined) return { fault: 'word-unknown', reason: `[${word}] is not known` };
  const object = parseJson(json);
  if (object === undefined) return bad(`what follows [${word}] is not JSON`);
  const result = v.safeParse(schema, object);
  if (!result.success) return bad(`[${word}]: ${describe(result.issues[0])}`);
  return { word, body: result.output } as Message<V>;
}

function bad(reason: string): Fault {
  return { fault: 'bad-message', reason };
}

function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
