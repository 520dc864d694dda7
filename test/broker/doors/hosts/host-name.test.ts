import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOfHost } from '#src/broker/doors/hosts/host-name.ts';

test('the host of a name is found, in any case, with a dot at the end or without', () => {
  for (const host of ['blog.relay.example', 'BLOG.Relay.Example', 'blog.relay.example.']) {
    assert.equal(nameOfHost(host, 'relay.example'), 'blog', host);
    assert.equal(nameOfHost(host, 'Relay.Example'), 'blog', host);
  }
  assert.equal(nameOfHost('a.b.relay.example', 'relay.example'), 'a.b');
});

test('any other host is the host of no name', () => {
  for (const host of [
    '',
    '.',
    'relay.example',
    '.relay.example',
    'blog.example',
    'blogrelay.example',
    'blog.relay.example.net',
    'blog.relay.example..',
    '127.0.0.1',
    '[::1]',
  ]) {
    assert.equal(nameOfHost(host, 'relay.example'), undefined, host);
  }
});
