import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { AgentStatus } from '#src/agent/status.ts';
import { RelayError } from '#src/errors.ts';
import { draw, type LogLine, type ShownService } from '#src/view/picture.ts';
import { type Style, styleOf } from '#src/view/style.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

const GRANT = {
  ...{ host: 'relay.example.net', port: 40123, address: 'relay.example.net:40123' },
  ...{ resumed: false, changed: [], lease: 60, limits: {} },
};

const LIVE: AgentStatus = {
  ...{
    state: 'live',
    started: ago(7500),
    target: 'localhost:3000',
    relay: 'relay.example.net:8080',
  },
  ...{
    registered: ago(65),
    registrations: 1,
    redirects: 0,
    grant: GRANT,
    bytesToServer: 2048,
    bytesToClient: 0,
  },
  connections: { open: 3, ended: { eof: 10, 'client-reset': 1 }, failed: 2 },
};

const error = new RelayError('E_RELAY_LOST', 'Lost the relay.');

const ROOM = { columns: 60, rows: 30 };
const PLAIN: Style = { colours: false, unicode: true };

function service(status: Partial<AgentStatus>, name = 'web'): ShownService {
  return { name, status: { ...LIVE, ...status }, rates: { bytesToServer: 512, bytesToClient: 0 } };
}

/** The lines without what steers the terminal. */
function seen(services: ShownService[], log: LogLine[] = [], size = ROOM, style = PLAIN): string[] {
  const lines = draw({ services, log, now: NOW }, size, style);
  return lines.map((line) => stripVTControlCharacters(line).trimEnd());
}

describe('one service', () => {
  test('has its address in a frame, and all that it does below', () => {
    assert.deepEqual(seen([service({})]), [
      '',
      '  ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓',
      '  ┃   relay.example.net:40123   ┃',
      '  ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛',
      '',
      '  Service      localhost:3000',
      '  Relay        relay.example.net:8080',
      '  State        live for 1 min 5 s',
      '  Connections  3 now, 16 in all, 2 failed',
      '  In           512 B/s, 2.00 KiB in all',
      '  Out          0 B/s, 0 B in all',
      '  Running for  2 h 5 min',
      '',
    ]);
  });

  for (const [status, says] of [
    [{ state: 'connecting', grant: undefined }, 'connecting'],
    [{ grant: { ...GRANT, changed: ['relay'] } }, 'live for 1 min 5 s, with another relay'],
    [
      { state: 'retrying', retry: { at: ago(-2.5), attempt: 2, error } },
      'reconnecting in 3 s: Lost the relay.',
    ],
    [{ state: 'down', down: 'no answer' }, 'down, clients are refused: no answer'],
    [{ state: 'draining' }, 'shutting down, 3 connections may finish'],
    [{ state: 'ended' }, 'ended'],
  ] satisfies [Partial<AgentStatus>, string][]) {
    test(`says that it is ${status.state}`, () => {
      const lines = seen([service(status)]);
      assert.equal(
        lines.find((line) => line.includes('State')),
        `  State        ${says}`,
      );
    });
  }

  test('says that it has no address, and which names it has', () => {
    const lines = seen([service({ state: 'connecting', grant: undefined })]);
    assert.match(lines[2] ?? '', /no address yet/);
    assert.match(
      seen([service({ grant: undefined })])[2] ?? '',
      /a port of relay\.example\.net:8080/,
    );
    const named = { ...GRANT, name: 'blog', hostName: 'blog.example.net' };
    const [, , , , , name] = seen([service({ grant: named })]);
    assert.equal(name, '  Name         blog, as a host blog.example.net');
  });
});

test('several services have a line each, in columns', () => {
  const down = service({ state: 'down', down: 'no answer', bytesToServer: 0 }, 'a-longer-name');
  assert.deepEqual(
    seen([service({}), down], [], { columns: 120, rows: 30 }),
    [
      '',
      '  SERVICE        ADDRESS                  CONNECTIONS  IN       OUT    STATE                                ',
      '  web            relay.example.net:40123  3            512 B/s  0 B/s  live for 1 min 5 s                   ',
      '  a-longer-name  relay.example.net:40123  3            512 B/s  0 B/s  down, clients are refused: no answer ',
      '',
    ].map((line) => line.trimEnd()),
  );
});

test('the newest lines of the log have the room that is left', () => {
  const log = Array.from({ length: 30 }, (_, n): LogLine => {
    return { at: ago(n), level: 'info', sentence: `line ${n}` };
  });
  const lines = seen([service({})], log, { columns: 60, rows: 15 });
  assert.equal(lines.length, 15);
  assert.match(lines[13] ?? '', /^ {2}\d\d:\d\d:\d\d line 28$/);
  assert.match(lines[14] ?? '', /line 29$/);
});

test('nothing is longer or more than there is room for, and nothing steers the terminal', () => {
  const nasty = 'x\u001b[2J\u009b1m\r\n'.repeat(20);
  const log: LogLine[] = [{ at: NOW, level: 'warn', sentence: nasty }];
  const grant = { ...GRANT, address: nasty, name: nasty };
  for (const [columns, rows] of [
    [0, 0],
    [1, 1],
    [20, 5],
    [33, 20],
    [200, 60],
  ] as const) {
    const one = draw({ services: [service({ grant })], log, now: NOW }, { columns, rows }, PLAIN);
    const two = [service({ grant }), service({ grant }, nasty)];
    const all = draw({ services: two, log, now: NOW }, { columns, rows }, PLAIN);
    for (const lines of [one, all]) {
      assert.ok(lines.length <= rows);
      for (const line of lines) {
        const rest = stripVTControlCharacters(line);
        assert.ok([...rest].length <= columns, rest);
        assert.doesNotMatch(rest, /\p{Cc}/u);
      }
    }
  }
});

test('colours are there where they are wanted, and a frame for those who know ASCII only', () => {
  const picture = { services: [service({})], log: [], now: NOW };
  const coloured = draw(picture, ROOM, { colours: true, unicode: true }).join('\n');
  assert.ok(coloured.includes('\u001b[32mlive\u001b[0m'));
  assert.ok(!draw(picture, ROOM, PLAIN).join('\n').includes('\u001b[32m'));
  const ascii = seen([service({})], [], ROOM, { colours: true, unicode: false });
  assert.deepEqual(ascii.slice(1, 3), [
    `  +${'-'.repeat(29)}+`,
    '  |   relay.example.net:40123   |',
  ]);
  assert.deepEqual(styleOf({ LANG: 'C', NO_COLOR: '1' }), { colours: false, unicode: false });
  assert.deepEqual(styleOf({ LANG: 'C', LC_ALL: 'en_US.utf8' }), { colours: true, unicode: true });
});
