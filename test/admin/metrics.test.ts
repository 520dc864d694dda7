import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openAdmin } from '../support/admin.ts';
import { DATA_PLANES, told } from '../support/broker.ts';
import { type Family, parseExposition } from '../support/exposition.ts';
import { relayedPair } from '../support/relayed-pair.ts';
import { read } from '../support/tcp.ts';

function valueIn(families: Map<string, Family>, name: string, label = ''): number | undefined {
  const family = families.get(name.replace(/_(count|sum)$/, ''));
  return family?.samples.find(
    (sample) => sample.name === name && Object.values(sample.labels).join() === label,
  )?.value;
}

for (const dataPlane of DATA_PLANES) {
  describe(`metrics of a broker (${dataPlane})`, () => {
    test('move while a connection runs, and tell how it ended', async (t) => {
      const { broker, client, server } = await relayedPair(t, dataPlane);
      const { get } = await openAdmin(t, {}, broker);
      const scrape = async () => {
        const answer = await get('metrics');
        assert.equal(
          answer.headers.get('content-type'),
          'text/plain; version=0.0.4; charset=utf-8',
        );
        return parseExposition(await answer.text());
      };
      client.write('12345');
      await read(server, 5);

      const running = await scrape();
      assert.equal(valueIn(running, 'relay_registrations', 'live'), 1);
      assert.equal(valueIn(running, 'relay_connections', 'paired'), 1);
      assert.equal(valueIn(running, 'relay_connections_accepted_total'), 1);
      assert.equal(valueIn(running, 'relay_bytes_total', 'to_server'), 5);
      assert.ok((valueIn(running, 'process_open_fds') ?? 0) > 5);

      const ended = told(broker, 'clientEnded');
      client.resetAndDestroy();
      server.on('error', () => {});
      await ended;
      const over = await scrape();
      assert.equal(valueIn(over, 'relay_connections', 'paired'), 0);
      assert.equal(valueIn(over, 'relay_connections_ended_total', 'client-reset'), 1);
      assert.equal(valueIn(over, 'relay_connection_duration_seconds_count'), 1);
      assert.equal(valueIn(over, 'relay_bytes_total', 'to_server'), 5);
    });
  });
}
