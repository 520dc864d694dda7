import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { FleetName } from '#src/broker/fleet/status.ts';
import { openAdmin } from '../../support/admin.ts';
import { FLEET } from '../../support/operated-broker.ts';
import { runCli } from '../../support/program.ts';

/** What the command prints of a broker in a fleet with these names. */
async function shown(t: TestContext, names: FleetName[], ...options: string[]) {
  const { admin, broker } = await openAdmin(t);
  broker.inFleet = FLEET;
  broker.names = names;
  const command = runCli(t, 'relay-broker', ['status', '--fleet', ...options], {
    RELAY_ADMIN: admin.url,
  });
  assert.equal(await command.exited, 0, command.output);
  return command.output;
}

const named = (name: string, member = 'b:1'): FleetName => ({
  ...{ name, member, offer: 'open', generation: 12 },
});

test('members and names are shown in order, with where each lives', async (t) => {
  const output = await shown(t, [named('wiki'), named('blog', 'a:1')]);
  const [figures = '', members, names] = output.split('\n\n');
  assert.match(figures, /^Fleet {6}eu-1, as relay-1\.example\.net:8080 sees it$/m);
  assert.match(figures, /^Directory {2}reachable for \d+ d/m);
  assert.match(figures, /^Claims {5}5 made, 1 lost, refused: 1 taken$/m);
  assert.match(figures, /^Forwarded {2}2 now, 7 since the start, failed: 1 not-here, 2 unreach/m);
  assert.equal(
    members,
    `
BROKER                               STATE     REG   CONN  DIALLED
relay-1.example.net:8080 (this one)  live        1      1  -
relay-2.example.net:8080             draining   12  1,300  yes
relay-3.example.net:8080             silent      0      0  -`.trimStart(),
  );
  assert.equal(
    names?.trimEnd(),
    `
NAME  BROKER  OFFER  GENERATION
blog  a:1     open           12
wiki  b:1     open           12`.trimStart(),
  );
});

test('people get no more names than they can look at, programs all of them', async (t) => {
  const many = Array.from({ length: 2500 }, (_, n) => named(`service-${n}`));
  const output = await shown(t, many);
  assert.equal(output.match(/^service-/gm)?.length, 200);
  assert.match(output, /^… and 2,300 more, which --json lists$/m);
  const { fleet, names } = JSON.parse(await shown(t, many, '--json'));
  assert.equal(fleet.cluster, 'eu-1');
  assert.equal(new Set(names.map(({ name }: FleetName) => name)).size, 2500);
});

test('a broker that is alone says so', async (t) => {
  const { admin } = await openAdmin(t);
  const options = ['status', '--fleet', '--admin', admin.url];
  const command = runCli(t, 'relay-broker', options);
  assert.equal(await command.exited, 1);
  assert.equal(command.output, 'relay-broker status: This broker is none of a fleet.');
});
