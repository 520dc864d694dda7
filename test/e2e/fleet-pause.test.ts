import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNats } from '../support/nats.ts';
import { needs } from '../support/needs.ts';
import { runTypeScript } from '../support/program.ts';

test(
  'an owner that was stopped serves nobody by the name that another one has by then',
  needs('nats-server'),
  async (t) => {
    const { urls } = await startNats(t);
    const run = (...args: string[]) =>
      runTypeScript(t, 'test/support/fleet-process.ts', urls, ...args);
    const [owner, heir] = [run('owner:1', 'own'), run('heir:1', 'inherit')];
    const [, before] = await owner.line(/^has it as (\d+)$/);
    owner.signal('SIGSTOP');
    const [, after, since] = await heir.line(/^serves it as (\d+) since (\d+)$/);
    owner.signal('SIGCONT');
    const [, by, until] = await owner.line(/^lost it to (\S+), served until (\d+)$/);
    assert.equal(by, 'heir:1');
    assert.ok(Number(after) > Number(before), 'the generation grows');
    assert.ok(BigInt(until ?? 0) < BigInt(since ?? 0), 'never both');
  },
);
