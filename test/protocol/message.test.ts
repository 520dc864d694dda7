import assert from 'node:assert/strict';
import test from 'node:test';
import {
  agentWords,
  backConnectWords,
  brokerWords,
  formatError,
  spareWords,
} from '#src/protocol/extended.ts';
import { isTooLong, lineSplitter, MAX_LINE } from '#src/protocol/lines.ts';
import { formatMessage, parseMessage, type Vocabulary } from '#src/protocol/message.ts';
import { inChunks } from '../support/chunks.ts';
import fc from '../support/properties.ts';

const vocabularies: Vocabulary[] = [agentWords, brokerWords, backConnectWords, spareWords];

/** What a receiver makes of a byte stream: its messages and faults in order, and whether a line was too long. */
async function receive(chunks: Uint8Array[], vocabulary: Vocabulary): Promise<unknown[]> {
  const lines = lineSplitter();
  const received: unknown[] = [];
  lines.on('data', (line: string) => received.push(parseMessage(vocabulary, line)));
  const over = new Promise<void>((resolve) => {
    lines.once('error', (error) => {
      received.push(isTooLong(error) ? 'line-too-long' : error);
      resolve();
    });
    lines.once('end', resolve);
  });
  for (const chunk of chunks) lines.write(chunk);
  lines.end();
  await over;
  return received;
}

const word = fc.constantFrom(
  'HELLO',
  'REGISTER',
  'NEW',
  'PING',
  'TICKET',
  'TAKEN',
  'ERROR',
  'NO-SUCH',
);
const body = fc.oneof(
  fc.object({ maxDepth: 2 }),
  fc.record({ version: fc.integer(), nonce: fc.string() }),
  fc.record({ ticket: fc.string({ unit: fc.constantFrom(...'abc-_09'), maxLength: 40 }) }),
  fc.record({ code: fc.string(), message: fc.string({ unit: 'binary' }) }),
);
const message = fc.tuple(word, body).map(([name, fields]) => {
  try {
    return formatMessage(name, fields);
  } catch {
    return '[PING] {}\n';
  }
});
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.string({ unit: fc.constantFrom(...'[]{}": \nPING'), maxLength: 30 }),
  fc.constantFrom(
    'x'.repeat(MAX_LINE + 1),
    `[PING] {"a":"${'x'.repeat(MAX_LINE)}"}\n`,
    '\n',
    '[PING] {}',
  ),
);
const stream = fc
  .array(fc.oneof({ arbitrary: message, weight: 3 }, noise), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('a byte stream means the same in any chunking, and never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(
      stream,
      fc.array(fc.nat({ max: 60 }), { maxLength: 40 }),
      fc.constantFrom(...vocabularies),
      async (bytes, sizes, vocabulary) => {
        const whole = await receive([bytes], vocabulary);
        const pieces = await receive(inChunks(bytes, sizes), vocabulary);
        assert.deepEqual(pieces, whole);
        for (const each of whole) {
          assert.ok(each === 'line-too-long' || (typeof each === 'object' && each !== null));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('any line is a message or a fault that says what is wrong', () => {
  const line = fc.oneof(
    message.map((text) => text.slice(0, -1)),
    noise,
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(line, fc.constantFrom(...vocabularies), (text, vocabulary) => {
      const parsed = parseMessage(vocabulary, text);
      if ('fault' in parsed) assert.ok(parsed.reason.length > 0);
      else assert.ok(Object.hasOwn(vocabulary, parsed.word));
    }),
    { numRuns: 3000 },
  );
});

test('what is formatted is one line of printable ASCII, and is read as it was meant', () => {
  const anything = { EVENT: agentWords.ERROR };
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  fc.assert(
    fc.property(text, text, (code, what) => {
      const line = formatMessage('EVENT', { code, message: what });
      assert.match(line, /^\[EVENT\] [\x20-\x7e]*\n$/);
      const read = parseMessage(anything, line.slice(0, -1));
      assert.deepEqual(read, { word: 'EVENT', body: { code, message: what } });
    }),
  );
});

test('what does not fit a line is not sent', () => {
  assert.throws(() => formatMessage('PING', { much: 'x'.repeat(MAX_LINE) }), RangeError);
  assert.equal(formatMessage('PING'), '[PING] {}\n');
});

test('an error always fits a line', () => {
  const long = formatError({ code: 'revoked', message: '\u{1f4a5}'.repeat(5000) });
  assert.ok(long.length <= MAX_LINE + 1);
});

test('unknown fields are dropped, unknown words named', () => {
  const read = parseMessage(agentWords, '[PING] {"later":{"versions":["know","more"]}}');
  assert.deepEqual(read, { word: 'PING', body: {} });
  for (const name of ['LATER', 'constructor', 'X-Y'].map((each) => each.toUpperCase())) {
    const fault = parseMessage(agentWords, `[${name}] {}`);
    assert.deepEqual(fault, { fault: 'word-unknown', reason: `[${name}] is not known` });
  }
});

const nonce = 'n'.repeat(43);

test('a field that is missing, of the wrong type or out of bounds is a bad message that names it', () => {
  const wrong: [vocabulary: Vocabulary, line: string, says: RegExp][] = [
    [agentWords, '[HELLO] {}', /version/],
    [agentWords, `[HELLO] {"version":"1","nonce":"${nonce}"}`, /version/],
    [agentWords, `[HELLO] {"version":0,"nonce":"${nonce}"}`, /version/],
    [agentWords, `[HELLO] {"version":1.5,"nonce":"${nonce}"}`, /version/],
    [agentWords, '[HELLO] {"version":1,"nonce":"short"}', /nonce/],
    [agentWords, `[HELLO] {"version":1,"nonce":"${'n'.repeat(65)}"}`, /nonce/],
    [agentWords, `[HELLO] {"version":1,"nonce":"${'n'.repeat(20)} ${'n'.repeat(9)}"}`, /nonce/],
    [agentWords, '[REGISTER] {"port":0}', /port/],
    [agentWords, '[REGISTER] {"port":65536}', /port/],
    [agentWords, '[REGISTER] {"limits":{"clients":-1}}', /limits\.clients/],
    [agentWords, `[REGISTER] {"limits":{"deny":${JSON.stringify(Array(65).fill('::1'))}}}`, /deny/],
    [agentWords, `[FAILED] {"ticket":"${nonce}","reason":"boredom"}`, /reason/],
    [
      brokerWords,
      `[NEW] {"ticket":"${nonce}","client":{"address":"","port":1}}`,
      /client\.address/,
    ],
    [backConnectWords, `[TICKET] {"ticket":"${nonce}"}`, /registration/],
  ];
  for (const [vocabulary, line, says] of wrong) {
    const parsed = parseMessage(vocabulary, line);
    assert.ok('fault' in parsed && parsed.fault === 'bad-message', line);
    assert.match(parsed.reason, says);
  }
});

test('what is almost a message is none', () => {
  const almost = [
    '',
    'PING {}',
    '[PING]',
    '[PING]{}',
    '[PING]  {}',
    ' [PING] {}',
    '[ping] {}',
    '[PING] []',
    '[PING] null',
    '[PING] {} ',
    '[PING] {"a":}',
    '[PING] {}{}',
    '[PING] {"a":"\u00e9"}',
    '[PING] {}\r',
    `[${'P'.repeat(17)}] {}`,
  ];
  for (const line of almost) {
    const parsed = parseMessage(agentWords, line);
    assert.ok('fault' in parsed && parsed.fault === 'bad-message', JSON.stringify(line));
  }
});

test('a field named like what every object has does no harm', () => {
  const line = '[PING] {"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}';
  assert.deepEqual(parseMessage(agentWords, line), { word: 'PING', body: {} });
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});
