import assert from 'node:assert/strict';
import test from 'node:test';
import { PairingTable } from '#src/data-plane/switchboard/pairing-table.ts';
import fc from '../../support/properties.ts';

const TIMEOUT = 100;

function tableOf(...clients: string[]): PairingTable<string> {
  const table = new PairingTable<string>(TIMEOUT);
  for (const [index, client] of clients.entries()) table.wait(client, index);
  return table;
}

function takeFirst<Client>(table: PairingTable<Client>): Client | undefined {
  const { first } = table;
  if (first !== undefined) assert.ok(table.take(first));
  return first;
}

test('a client is taken once', () => {
  const table = tableOf('a');
  assert.equal(takeFirst(table), 'a');
  assert.equal(takeFirst(table), undefined);
  assert.equal(table.size, 0);
});

test('a client that was taken does not expire', () => {
  const table = tableOf('a', 'b');
  takeFirst(table);
  assert.deepEqual(table.expire(Number.POSITIVE_INFINITY), ['b']);
});

test('a client that expired is not taken', () => {
  const table = tableOf('a', 'b');
  assert.deepEqual(table.expire(TIMEOUT), ['a']);
  assert.equal(takeFirst(table), 'b');
});

test('a client waits up to its deadline and not beyond it', () => {
  const table = tableOf('a');
  assert.equal(table.nextDeadline, TIMEOUT);
  assert.deepEqual(table.expire(TIMEOUT - 0.001), []);
  assert.equal(table.size, 1);
  assert.deepEqual(table.expire(TIMEOUT), ['a']);
});

test('the next deadline is that of the first client still waiting', () => {
  const table = tableOf('a', 'b', 'c');
  takeFirst(table);
  assert.equal(table.nextDeadline, TIMEOUT + 1);
  table.expire(TIMEOUT + 1);
  assert.equal(table.nextDeadline, TIMEOUT + 2);
  table.clear();
  assert.equal(table.nextDeadline, Number.POSITIVE_INFINITY);
});

test('clients that arrive together expire together', () => {
  const table = new PairingTable<string>(TIMEOUT);
  for (const client of ['a', 'b', 'c']) table.wait(client, 7);
  assert.deepEqual(table.expire(7 + TIMEOUT), ['a', 'b', 'c']);
});

test('clients that are equal in everything but identity have a place each', () => {
  const table = new PairingTable<{ address: string }>(TIMEOUT);
  const clients = [{ address: '::1' }, { address: '::1' }];
  for (const client of clients) table.wait(client, 0);
  assert.equal(takeFirst(table), clients[0]);
  assert.equal(takeFirst(table), clients[1]);
});

type Step = { do: 'wait' | 'take' | 'expire' | 'clear'; after: number };

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom('wait', 'wait', 'wait', 'take', 'expire', 'clear'),
    after: fc.nat(TIMEOUT),
  }),
  { maxLength: 60 },
);

test('whatever happens, clients leave in the order of their arrival and nobody is lost or doubled', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const table = new PairingTable<number>(TIMEOUT);
      let queue: { id: number; deadline: number }[] = [];
      let now = 0;
      for (const [id, step] of story.entries()) {
        now += step.after;
        if (step.do === 'wait') {
          table.wait(id, now);
          queue.push({ id, deadline: now + TIMEOUT });
        } else if (step.do === 'take') {
          assert.equal(takeFirst(table), queue.shift()?.id);
        } else {
          const leaving = queue.filter((c) => step.do === 'clear' || c.deadline <= now);
          queue = queue.filter((client) => !leaving.includes(client));
          const left = step.do === 'clear' ? table.clear() : table.expire(now);
          assert.deepEqual(
            left,
            leaving.map((client) => client.id),
          );
        }
        assert.equal(table.size, queue.length);
        assert.equal(table.nextDeadline, queue[0]?.deadline ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});
