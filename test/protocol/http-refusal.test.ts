import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, constants } from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { formatRefusal, type HttpRefusal } from '#src/protocol/http-refusal.ts';
import { serve } from '../support/tcp.ts';

/** What Node's client makes of it. */
async function answer(
  t: TestContext,
  refusal: HttpRefusal,
  method = 'GET',
): Promise<{ response: IncomingMessage; body: string }> {
  const { port } = await serve(t, (socket) => {
    socket.end(formatRefusal(refusal, method)).resume();
  });
  const [response] = (await once(request({ port, method }).end(), 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}

describe('a refused request', () => {
  for (const [refusal, status, words] of [
    ['bad-request', 400, /not clear enough/],
    ['unknown', 404, /no service of this name/],
    ['timeout', 408, /took too long/],
    ['head-too-large', 431, /too large/],
    ['away', 502, /not there at the moment/],
    ['http-version', 505, /HTTP\/1\.1/],
  ] as const) {
    test(`is answered ${status}, by a page for people, as the last thing`, async (t) => {
      const { response, body } = await answer(t, refusal);
      assert.equal(response.statusCode, status);
      assert.match(body, words);
      const { headers } = response;
      assert.equal(headers['content-length'], String(body.length));
      assert.equal(headers.connection, 'close');
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.ok(Math.abs(Date.parse(headers.date ?? '') - Date.now()) < 60_000);
    });
  }

  test('is told when to try again, where that may help', async (t) => {
    assert.equal((await answer(t, 'away')).response.headers['retry-after'], '5');
    assert.equal((await answer(t, 'unknown')).response.headers['retry-after'], undefined);
  });

  test('has no content where HEAD asks, but its length', async (t) => {
    const { response, body } = await answer(t, 'unknown', 'HEAD');
    assert.equal(body, '');
    assert.ok(Number(response.headers['content-length']) > 0);
  });

  test('of HTTP/2 tells the client to use HTTP/1.1', async (t) => {
    const { port } = await serve(t, (socket) => {
      socket.end(formatRefusal('http2')).resume();
    });
    const session = connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    session.on('error', () => {});
    session.request().on('error', () => {});
    const [code, , reason] = (await once(session, 'goaway')) as [number, number, Buffer];
    assert.equal(code, constants.NGHTTP2_HTTP_1_1_REQUIRED);
    assert.match(String(reason), /HTTP\/1\.1/);
  });
});
