import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { type Flaw, type Place, START } from './place.ts';

/** Keys with what they have. A map, since a key may be called as something that every object has. */
export interface Table {
  is: 'table';
  at: Place;
  items: Map<string, Item>;
}

export interface Value {
  is: 'value';
  /** Where its key is. */
  at: Place;
  /** Where it is itself. */
  place: Place;
  /** A text, number, boolean or date; undefined for what options never are, such as an array of tables. */
  scalar: unknown;
  /** What an array has, in its place. */
  elements: Value[] | undefined;
}

export type Item = Table | Value;

/** What a text says, or where it stops to be TOML: a parser that goes on behind that place can but guess. */
export function parseTable(written: string): Table | { flaw: Flaw } {
  const text = written.replace(/^\ufeff/, '');
  try {
    return tableOf(parseTOML(text).body[0]);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { flaw: flawIn(text, error) };
  }
}

/** A line that ends behind its equals sign, or a comment there, and what is empty below. */
const WITHOUT_VALUE = /(?<=^|\n)[^#\n"']*=(?=[ \t]*(?:#[^\n]*)?\r?\n\s*$)/;

/** Where something is missing at the end of a line, the parser points to what comes next, lines below perhaps. */
function flawIn(text: string, { index, lineNumber: line, column, message }: ParseError): Flaw {
  const isAtEnd = index >= text.length;
  const before = isAtEnd ? `${text}\n` : text.slice(0, index);
  const missing = WITHOUT_VALUE.exec(before);
  if (missing !== null) {
    const at = endOf(before.slice(0, missing.index + missing[0].length));
    return { at, text: 'not TOML: a value is missing' };
  }
  const isAbove = isAtEnd || /same line|^Unterminated/.test(message);
  const at = isAbove ? endOf(before.trimEnd()) : { line, column: column + 1 };
  return { at, text: `not TOML: ${lowered(message)}` };
}

function endOf(text: string): Place {
  const lines = text.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function tableOf(top: AST.TOMLTopLevelTable): Table {
  const whole = emptyTable(START);
  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') put(whole, node);
    else if (node.kind === 'array') putLeaf(whole, node.key, nothing(node.key));
    else {
      const table = tableAt(whole, node.key.keys);
      for (const entry of node.body) put(table, entry);
    }
  }
  return whole;
}

function put(table: Table, { key, value }: AST.TOMLKeyValue): void {
  if (value.type !== 'TOMLInlineTable') putLeaf(table, key, toValue(key, value));
  else {
    const inner = tableAt(table, key.keys);
    for (const entry of value.body) put(inner, entry);
  }
}

function putLeaf(table: Table, { keys }: AST.TOMLKey, value: Value): void {
  const last = keys.at(-1);
  if (last !== undefined) tableAt(table, keys.slice(0, -1)).items.set(nameOf(last), value);
}

/** The table of a path, made where there is none; the parser has refused what would be both a table and a value. */
function tableAt(table: Table, keys: readonly KeyPart[]): Table {
  return keys.reduce((outer, key) => {
    const found = outer.items.get(nameOf(key));
    if (found?.is === 'table') return found;
    const inner = emptyTable(placeOf(key));
    outer.items.set(nameOf(key), inner);
    return inner;
  }, table);
}

function toValue(key: AST.TOMLNode, node: AST.TOMLContentNode): Value {
  const value = { ...nothing(key), place: placeOf(node) };
  switch (node.type) {
    case 'TOMLValue':
      return { ...value, scalar: node.value };
    case 'TOMLArray':
      return { ...value, elements: node.elements.map((element) => toValue(element, element)) };
    case 'TOMLInlineTable':
      return value;
  }
}

function nothing(key: AST.TOMLNode): Value {
  const at = placeOf(key);
  return { is: 'value', at, place: at, scalar: undefined, elements: undefined };
}

function emptyTable(at: Place): Table {
  return { is: 'table', at, items: new Map() };
}

type KeyPart = AST.TOMLKey['keys'][number];

function nameOf(key: KeyPart): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function placeOf({ loc: { start } }: AST.TOMLNode): Place {
  return { line: start.line, column: start.column + 1 };
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
