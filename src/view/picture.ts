import type { AgentStatus } from '../agent/status.ts';
import type { Moved } from '../data-plane/data-plane.ts';
import { describeChanges } from '../log/describe.ts';
import type { Level } from '../log/log.ts';
import { bytes, count, duration, rate } from '../units.ts';
import { type Look, type Piece, paint, type Style, width } from './style.ts';

export interface ShownService {
  name: string;
  status: AgentStatus;
  /** Per second. */
  rates: Moved | undefined;
}

export interface LogLine {
  at: Date;
  level: Level;
  sentence: string;
}

/** All that is to be seen. */
export interface Picture {
  services: readonly ShownService[];
  /** The oldest line first. */
  log: readonly LogLine[];
  now: Date;
}

export interface Size {
  columns: number;
  rows: number;
}

type Line = readonly Piece[];

const EMPTY: Line = [];
const INDENT = '  ';
const LABELS = 13;
const BETWEEN = 2;

/** The picture as lines for a terminal, no more and no longer than it has room for. */
export function draw(picture: Picture, { columns, rows }: Size, style: Style): string[] {
  const [only, ...others] = picture.services;
  const services =
    only !== undefined && others.length === 0
      ? one(only, picture.now, style)
      : table(picture.services, picture.now);
  const lines = [...services, EMPTY];
  const room = Math.max(0, rows - lines.length);
  const log = room === 0 ? [] : picture.log.slice(-room).map(logged);
  return [...lines, ...log].slice(0, rows).map((line) => paint(line, columns, style));
}

/** One service has the whole screen. */
function one({ status, rates }: ShownService, now: Date, style: Style): Line[] {
  const { grant, relay, target, connections } = status;
  const done = Object.values(connections.ended).reduce((sum, each) => sum + each, 0);
  const all = done + connections.failed + connections.open;
  const failed = connections.failed > 0 ? `, ${count(connections.failed)} failed` : '';
  return [
    EMPTY,
    ...framed(addressOf(status), status.state === 'live' ? 'bold' : 'dim', style),
    EMPTY,
    ...(grant?.name === undefined ? [] : [row('Name', { text: nameIn(grant) })]),
    row('Service', { text: target }),
    row('Relay', { text: relay }),
    row('State', ...stateOf(status, now)),
    row('Connections', { text: `${count(connections.open)} now, ${count(all)} in all${failed}` }),
    row('In', { text: flow(status.bytesToServer, rates?.bytesToServer) }),
    row('Out', { text: flow(status.bytesToClient, rates?.bytesToClient) }),
    row('Running for', { text: duration(secondsSince(status.started, now)) }),
  ];
}

/** Several have a line each. */
function table(services: readonly ShownService[], now: Date): Line[] {
  const head = ['SERVICE', 'ADDRESS', 'CONNECTIONS', 'IN', 'OUT', 'STATE'].map((text) => [
    { text, look: 'dim' as Look },
  ]);
  const cells = services.map(({ name, status, rates }): Line[] => [
    [{ text: name }],
    [{ text: addressOf(status), look: status.state === 'live' ? 'bold' : 'dim' }],
    [{ text: count(status.connections.open) }],
    [{ text: rate(rates?.bytesToServer) }],
    [{ text: rate(rates?.bytesToClient) }],
    stateOf(status, now),
  ]);
  const all = [head, ...cells];
  const widths = head.map((_, n) => Math.max(...all.map((line) => lengthOf(line[n] ?? EMPTY))));
  return [
    EMPTY,
    ...all.map((line) => [
      { text: INDENT },
      ...line.flatMap((cell, n) => padded(cell, widths[n] ?? 0)),
    ]),
  ];
}

function addressOf({ grant, relay, state }: AgentStatus): string {
  if (grant !== undefined) return grant.address;
  return state === 'live' ? `a port of ${relay}` : 'no address yet';
}

function nameIn({ name = '', hostName }: NonNullable<AgentStatus['grant']>): string {
  return hostName === undefined ? name : `${name}, as a host ${hostName}`;
}

function stateOf(status: AgentStatus, now: Date): Line {
  const { state, registered, grant, down, retry, connections } = status;
  switch (state) {
    case 'live': {
      const since =
        registered === undefined ? '' : ` for ${duration(secondsSince(registered, now))}`;
      const changes = describeChanges(grant?.changed ?? []);
      return [
        { text: 'live', look: 'good' },
        { text: changes === '' ? since : `${since}, with ${changes}` },
      ];
    }
    case 'down':
      return [{ text: 'down', look: 'bad' }, { text: `, clients are refused: ${down}` }];
    case 'retrying': {
      const wait = retry === undefined ? 0 : Math.ceil(-secondsSince(retry.at, now));
      const why = { text: `: ${retry?.error.message ?? ''}` };
      return [{ text: `reconnecting in ${duration(wait)}`, look: 'warning' }, why];
    }
    case 'connecting':
      return [{ text: 'connecting', look: 'warning' }];
    case 'draining':
      return [
        { text: 'shutting down', look: 'warning' },
        { text: `, ${count(connections.open)} connections may finish` },
      ];
    case 'ended':
      return [{ text: 'ended', look: 'bad' }];
  }
}

const FRAMES = {
  unicode: { corners: ['┏', '┓', '┗', '┛'], across: '━', down: '┃' },
  ascii: { corners: ['+', '+', '+', '+'], across: '-', down: '|' },
};

/** What is to be read from afar. */
function framed(text: string, look: Look, { unicode }: Style): Line[] {
  const { corners, across, down } = FRAMES[unicode ? 'unicode' : 'ascii'];
  const [topLeft, topRight, bottomLeft, bottomRight] = corners;
  const edge = across.repeat(width(text) + 6);
  return [
    [{ text: `${INDENT}${topLeft}${edge}${topRight}`, look: 'dim' }],
    [
      { text: `${INDENT}${down}   `, look: 'dim' },
      { text, look },
      { text: `   ${down}`, look: 'dim' },
    ],
    [{ text: `${INDENT}${bottomLeft}${edge}${bottomRight}`, look: 'dim' }],
  ];
}

function row(label: string, ...pieces: Piece[]): Line {
  return [{ text: `${INDENT}${label.padEnd(LABELS)}`, look: 'dim' }, ...pieces];
}

function flow(total: number, perSecond: number | undefined): string {
  return `${rate(perSecond)}, ${bytes(total)} in all`;
}

function logged({ at, level, sentence }: LogLine): Line {
  const look = level === 'error' ? 'bad' : level === 'warn' ? 'warning' : 'plain';
  const time = at.toTimeString().slice(0, 8);
  return [
    { text: `${INDENT}${time} `, look: 'dim' },
    { text: sentence, look },
  ];
}

function padded(cell: Line, columns: number): Line {
  return [...cell, { text: ' '.repeat(columns - lengthOf(cell) + BETWEEN) }];
}

function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + width(text), 0);
}

function secondsSince(then: Date, now: Date): number {
  return (now.getTime() - then.getTime()) / 1000;
}
