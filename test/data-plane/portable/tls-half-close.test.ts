import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openPair, openTapped, type Side } from '../../support/pairs.ts';
import { outcome, read } from '../../support/tcp.ts';
import { type TappedClient, VERSIONS } from '../../support/tls.ts';

const KIB = 1024;

/** Around a record of 16 KiB, what Node lets lie in a paused socket, and a read. */
const SIZES = [0, 1, 16 * KIB - 1, 16 * KIB + 1, 40 * KIB, 64 * KIB, 4096 * KIB];

for (const version of VERSIONS) {
  const combinations: { client: Side; server: Side }[] = [
    { client: version, server: 'plain' },
    { client: 'plain', server: version },
    { client: version, server: version },
  ];
  for (const sides of combinations) {
    describe(`a ${sides.client} client and a ${sides.server} server`, () => {
      for (const size of SIZES) {
        for (const first of ['client', 'server'] as const) {
          test(`${size} bytes arrive whole both ways when the ${first} ends first`, async (t) => {
            const { ended, ...ends } = await openPair(t, sides);
            const [one, other] =
              first === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
            const [question, answer] = [randomBytes(size), randomBytes(size)];

            const received = outcome(other);
            one.end(question);
            assert.deepEqual(await received, { data: question, ending: 'eof' });
            const answered = outcome(one);
            other.end(answer);
            assert.deepEqual(await answered, { data: answer, ending: 'eof' });

            const report = {
              bytesToServer: size,
              bytesToClient: size,
              ending: 'eof',
              firstEnd: first,
            };
            assert.deepEqual(await ended, report);
          });
        }
      }
    });
  }

  describe(`the end of one direction of ${version}`, () => {
    test('is passed on when it comes without the end of the TCP connection', async (t) => {
      const { client, server, ended } = await openTapped(t, version);
      client.secured.end('question');
      await once(client.secured, 'finish');
      const received = outcome(server);
      client.tcp.write(client.take());
      assert.deepEqual(await received, { data: Buffer.from('question'), ending: 'eof' });

      const answered = outcome(client.secured);
      server.write('a long ');
      server.end('answer');
      assert.equal(String((await answered).data), 'a long answer');
      // Nothing but this end keeps the TCP connection half open.
      client.tcp.end();
      assert.equal((await ended).ending, 'eof');
    });

    const CUTS: Record<string, (client: TappedClient, encrypted: Buffer) => void> = {
      'by a FIN in place of the close_notify': ({ tcp }, encrypted) =>
        tcp.end(encrypted.subarray(0, -CLOSE_NOTIFY)),
      'by a FIN within the close_notify': ({ tcp }, encrypted) =>
        tcp.end(encrypted.subarray(0, -1)),
      'by a reset in place of the close_notify': ({ tcp }, encrypted) => {
        tcp.write(encrypted.subarray(0, -CLOSE_NOTIFY));
        tcp.resetAndDestroy();
      },
    };
    const CLOSE_NOTIFY = version === 'TLSv1.3' ? 24 : 31;

    for (const [how, cut] of Object.entries(CUTS)) {
      for (const size of [0, 10, 40 * KIB, 1024 * KIB]) {
        test(`is a reset when ${size} bytes are cut off ${how}`, async (t) => {
          const { client, server, ended } = await openTapped(t, version);
          client.secured.end(Buffer.alloc(size));
          await once(client.secured, 'finish');
          const received = outcome(server);
          cut(client, client.take());
          assert.equal((await received).ending, 'ECONNRESET');
          assert.equal((await ended).ending, 'client-reset');
        });
      }
    }

    test('stands when a reset comes right behind it', async (t) => {
      const { client, server, ended } = await openTapped(t, version);
      client.secured.end('question');
      await once(client.secured, 'finish');
      const received = outcome(server);
      client.tcp.write(client.take());
      client.tcp.resetAndDestroy();
      assert.deepEqual(await received, { data: Buffer.from('question'), ending: 'eof' });
      server.end('answer to nobody');
      assert.equal((await ended).ending, 'client-reset');
    });

    test('does not make the relay read what follows', async (t) => {
      const { client, server } = await openTapped(t, version);
      client.secured.end();
      await once(client.secured, 'finish');
      const received = outcome(server);
      client.tcp.write(client.take());
      assert.equal((await received).ending, 'eof');
      // More than all buffers on the way could hold.
      const flood = Buffer.alloc(32 * 1024 * KIB);
      let isTaken = false;
      client.tcp.write(flood, () => {
        isTaken = true;
      });
      // Far more turns of the loop than it would need to read all.
      client.secured.pause();
      for (let n = 0; n < 200; n += 1) {
        server.write('x');
        await read(client.secured, 1);
      }
      assert.equal(isTaken, false);
    });
  });
}
