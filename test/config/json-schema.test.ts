import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Ajv } from 'ajv';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { agentShape } from '#src/config/agent-shape.ts';
import { brokerShape } from '#src/config/broker-shape.ts';
import { readConfigFile } from '#src/config/config-file.ts';
import { describeFile } from '#src/config/json-schema.ts';
import { resolveConfiguration } from '#src/config/resolve.ts';
import type { AnyShape } from '#src/config/shape.ts';

const EXAMPLES = 'examples/config';
const SHAPES = { 'relay-broker': brokerShape, 'relay-agent': agentShape };

function schemaOf(program: string): object {
  return JSON.parse(readFileSync(`docs/schema/${program}.schema.json`, 'utf8'));
}

for (const [program, shape] of Object.entries<AnyShape>(SHAPES)) {
  test(`the published schema of ${program} is that of its options`, () => {
    const now = JSON.parse(JSON.stringify(describeFile(program, shape)));
    assert.deepEqual(schemaOf(program), now, 'see scripts/describe-config.ts');
  });
}

/** What a schema finds wrong with a file, by the keys. */
function faultsOf(program: string, text: string): string[] {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schemaOf(program));
  validate(getStaticTOMLValue(parseTOML(text)));
  return (validate.errors ?? []).map(({ instancePath, params }) =>
    [instancePath, params.additionalProperty ?? params.propertyName].filter(Boolean).join('/'),
  );
}

function assertGood(program: 'relay-broker' | 'relay-agent', file: string, text: string): void {
  assert.deepEqual(faultsOf(program, text), [], file);
  if (program === 'relay-agent') {
    resolveConfiguration(agentShape, new Map(), readConfigFile(file, text, agentShape));
  } else resolveConfiguration(brokerShape, new Map(), readConfigFile(file, text, brokerShape));
}

test('the examples are good, by the schema and by the program', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.toml'));
  assert.equal(files.length, 3);
  for (const file of files) {
    const program = file.startsWith('relay-broker') ? 'relay-broker' : 'relay-agent';
    const text = readFileSync(join(EXAMPLES, file), 'utf8');
    assert.ok(text.startsWith(`#:schema ../../docs/schema/${program}.schema.json\n`), file);
    assertGood(program, file, text);
  }
});

test('so are those of the handbook', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const section = page.split('\n## Configuration files\n')[1]?.split('\n## ')[0] ?? '';
  const blocks = [...section.matchAll(/```toml\n(.*?)```/gs)].map(([, text = '']) => text);
  const [broker = '', agent = ''] = blocks;
  assert.equal(blocks.length, 2);
  assertGood('relay-broker', 'broker.toml', broker);
  assertGood('relay-agent', 'agent.toml', agent);
});

test('what is wrong is wrong by the schema, too', () => {
  const services = '[services.web]\ntarget = 1\n';
  for (const [program, text, fault] of [
    ['relay-broker', 'drian = 5', 'drian'],
    ['relay-broker', 'maxClients = 5', 'maxClients'],
    ['relay-broker', 'port = "8080"', '/port'],
    ['relay-broker', 'port = 65536', '/port'],
    ['relay-broker', 'max-clients = 1.5', '/max-clients'],
    ['relay-broker', 'lease = -1', '/lease'],
    ['relay-broker', 'heartbeat = 0', '/heartbeat'],
    ['relay-broker', 'ports = "4000"', '/ports'],
    ['relay-broker', 'host = ""', '/host'],
    ['relay-broker', 'log = "loud"', '/log'],
    ['relay-broker', 'client-tls = "yes"', '/client-tls'],
    ['relay-broker', 'deny-clients = []', '/deny-clients'],
    ['relay-broker', 'config = "x"', 'config'],
    ['relay-broker', services, 'services'],
    ['relay-agent', 'to = "relay"', '/to'],
    ['relay-agent', 'target = true', '/target'],
    ['relay-agent', 'health = "udp"', '/health'],
    ['relay-agent', `${services}log = "json"`, '/services/web/log'],
    ['relay-agent', '[services."a b"]', '/services/a b'],
  ] as const) {
    assert.ok(faultsOf(program, text).includes(fault), `${text}: ${faultsOf(program, text)}`);
  }
});
