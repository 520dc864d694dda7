import assert from 'node:assert/strict';
import test from 'node:test';
import { FrameReader } from '#src/yamux/frame-reader.ts';
import { decodeHeader, encodeHeader, type Header, TYPE } from '#src/yamux/header.ts';
import { inChunks } from '../support/chunks.ts';
import fc from '../support/properties.ts';

const anyHeader: fc.Arbitrary<Header> = fc.record(
  {
    type: fc.constantFrom(...Object.values(TYPE)),
    flags: fc.nat(0xffff),
    id: fc.nat(0xffff_ffff),
    length: fc.nat(0xffff_ffff),
  },
  { noNullPrototype: true },
);

/** A header with as much payload as it says, if it is of data. */
const anyFrame = fc
  .tuple(anyHeader, fc.uint8Array({ maxLength: 50 }))
  .map(([header, bytes]) =>
    header.type === TYPE.data
      ? { header: { ...header, length: bytes.length }, payload: Buffer.from(bytes) }
      : { header, payload: Buffer.alloc(0) },
  );

type Frame = { header: Header; payload: Buffer };

/** What a reader tells, and whether it found something malformed. */
function readAll(chunks: Uint8Array[]): { frames: Frame[]; isMalformed: boolean } {
  const frames: Frame[] = [];
  let header: Header | undefined;
  let payload = Buffer.alloc(0);
  let isMalformed = false;
  const reader = new FrameReader({
    frame(begun) {
      header = begun;
      payload = Buffer.alloc(0);
    },
    payload(bytes) {
      payload = Buffer.concat([payload, bytes]);
    },
    complete() {
      assert.ok(header);
      frames.push({ header, payload });
      header = undefined;
    },
    malformed() {
      isMalformed = true;
      reader.stop();
    },
  });
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return { frames, isMalformed };
}

test('a header is read as it was written', () => {
  fc.assert(
    fc.property(anyHeader, (header) => {
      assert.deepEqual(decodeHeader(encodeHeader(header)), header);
    }),
  );
});

test('a header is as the specification has it, octet for octet', () => {
  const bytes = encodeHeader({ type: 1, flags: 0x0203, id: 0x04050607, length: 0x08090a0b });
  assert.equal(bytes.toString('hex'), '000102030405060708090a0b');
});

test('frames are the same, however they come in chunks', () => {
  fc.assert(
    fc.property(fc.array(anyFrame), fc.array(fc.integer({ min: 1, max: 40 })), (frames, sizes) => {
      const wire = frames.flatMap(({ header, payload }) => [encodeHeader(header), payload]);
      const told = readAll(inChunks(Buffer.concat(wire), sizes));
      assert.deepEqual(told, { frames, isMalformed: false });
    }),
  );
});

test('another version or an unknown type is malformed, and nothing is read behind it', () => {
  for (const beginning of ['01', '0004', '00ff']) {
    const bad = Buffer.from(beginning.padEnd(24, '0'), 'hex');
    const good = encodeHeader({ type: TYPE.ping, flags: 1, id: 0, length: 7 });
    assert.deepEqual(readAll([Buffer.concat([bad, good]), good]), {
      frames: [],
      isMalformed: true,
    });
  }
});

test('any bytes at all are read without a failure', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (chunks) => {
      readAll(chunks);
    }),
  );
});
