import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connectByName } from 'relay-broker';
import type { FleetNamesAnswer } from '#src/admin/api/answers.ts';
import { parseExposition } from '../support/exposition.ts';
import { emptyFolder } from '../support/folder.ts';
import { runJsonAgent } from '../support/json-agent.ts';
import { startNats } from '../support/nats.ts';
import { needs } from '../support/needs.ts';
import { doorOf, runCli } from '../support/program.ts';
import { freePorts, outcome, serve } from '../support/tcp.ts';

/** A broker of a fleet, as its operator has it. */
async function runMember(t: TestContext, cluster: string) {
  const port = await freePorts(1);
  const accessLog = join(await emptyFolder(t), 'access.log');
  const doors = ['--names', '0:0', '--admin', '0', '--access-log', accessLog];
  const fleet = ['--cluster', cluster, '--advertise', '127.0.0.1'];
  const args = [String(port), '--host', '127.0.0.1', ...fleet, ...doors];
  const broker = runCli(t, 'relay-broker', args);
  const [, admin = ''] = await broker.line(/Admin listener at (\S+)/);
  const via = `127.0.0.1:${await doorOf(broker, 'names-client')}`;
  const status = async () => {
    const shown = runCli(t, 'relay-broker', ['status', '--fleet', '--json', '--admin', admin]);
    assert.equal(await shown.exited, 0, shown.output);
    return JSON.parse(shown.output);
  };
  const names = async () => {
    const answer = await fetch(new URL('api/v1/fleet/names', admin));
    return (await answer.json()) as FleetNamesAnswer;
  };
  const metric = async (name: string, labels: Record<string, string> = {}) => {
    const answer = await fetch(new URL('metrics', admin));
    const samples = parseExposition(await answer.text()).get(name)?.samples ?? [];
    return samples.find((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  };
  return { broker, name: `127.0.0.1:${port}`, via, accessLog, status, names, metric };
}

/** Asks until something is so: for what is told of by no event. */
async function comes(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setImmediate();
}

describe('who operates a fleet', needs('nats-server'), () => {
  test('sees all of it at any broker: where names live, who served whom, and what becomes of a broker', async (t) => {
    const nats = await startNats(t);
    const a = await runMember(t, nats.urls);
    const b = await runMember(t, nats.urls);
    const { port } = await serve(t, (socket) => socket.pipe(socket));
    const agent = runJsonAgent(t, port, a.name, '--name', 'blog', '--to', `${a.name},${b.name}`);
    await agent.event('ready');
    const serves = async (member: typeof a) => {
      await member.broker.line(/for the name "blog"/);
      return member;
    };
    const home = await Promise.race([serves(a), serves(b)]);
    const other = home === a ? b : a;

    await comes(async () => (await other.names()).total === 1);
    const client = await connectByName({ name: 'blog', via: other.via });
    client.end('hello');
    assert.equal(String((await outcome(client)).data), 'hello');
    const { fleet, names } = await other.status();
    const [blog] = names;
    assert.deepEqual([blog.name, blog.member, blog.offer], ['blog', home.name, 'open']);
    assert.deepEqual(
      fleet.members.map(({ name, state, self }: Record<string, unknown>) => [name, state, self]),
      [
        [other.name, 'live', true],
        [home.name, 'live', false],
      ],
    );
    assert.equal(fleet.forwarded.total, 1);
    assert.deepEqual(await other.metric('relay_fleet_names', { owner: 'elsewhere' }), {
      name: 'relay_fleet_names',
      labels: { owner: 'elsewhere', node: other.name },
      value: 1,
    });
    assert.equal((await home.metric('relay_registrations', { state: 'live' }))?.value, 1);
    await comes(async () => (await readFile(home.accessLog, 'utf8')) !== '');
    const record = JSON.parse(await readFile(home.accessLog, 'utf8'));
    assert.deepEqual([record.node, record.generation], [home.name, blog.generation]);
    await comes(async () => (await readFile(other.accessLog, 'utf8')) !== '');
    const onward = JSON.parse(await readFile(other.accessLog, 'utf8'));
    assert.deepEqual(
      [onward.node, onward.forwardedTo, onward.name, onward.ending],
      [other.name, home.name, 'blog', 'eof'],
    );
    assert.equal(onward.sourcePort, record.sourcePort);
    assert.deepEqual([onward.bytesToServer, record.bytesToServer], [5, 5]);

    home.broker.signal('SIGKILL');
    await other.broker.line(new RegExp(`Broker ${home.name} has left the fleet`));
    await other.broker.line(new RegExp(`\\("blog"\\) taken over from broker ${home.name}`));
    const after = await other.status();
    assert.equal(after.names[0].member, other.name);
    assert.ok(after.names[0].generation > blog.generation);
    assert.equal((await other.metric('relay_fleet_members', { state: 'gone' }))?.value, 1);
  });
});
