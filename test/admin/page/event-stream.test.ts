import assert from 'node:assert/strict';
import test from 'node:test';
import { eventsIn, type StreamEvent } from '../../../src/admin/page/feed/event-stream.ts';
import { inChunks } from '../../support/chunks.ts';

async function read(chunks: Uint8Array[]): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of eventsIn(ReadableStream.from(chunks))) events.push(event);
  return events;
}

test('events are read however the bytes come', async () => {
  const bytes = Buffer.from(
    'event: snapshot\ndata: {"name":"Zürich"}\n\n: no event\n\ndata:a\r\ndata:\r\n\r\n',
  );
  const expected = [
    { name: 'snapshot', data: '{"name":"Zürich"}' },
    { name: 'message', data: 'a\n' },
  ];
  for (const size of [1, 7, bytes.length]) {
    assert.deepEqual(await read(inChunks(bytes, Array(bytes.length).fill(size))), expected);
  }
});

test('an event that is cut off is none', async () => {
  assert.deepEqual(await read([Buffer.from('data: whole\n\ndata: cut')]), [
    { name: 'message', data: 'whole' },
  ]);
});

test('who stops reading lets go of the stream', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.from('data: again\n\n')),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const _ of eventsIn(body)) break;
  assert.ok(isCancelled);
});
