import { mkdirSync, writeFileSync } from 'node:fs';
import { agentShape } from '#src/config/agent-shape.ts';
import { brokerShape } from '#src/config/broker-shape.ts';
import { describeFile } from '#src/config/json-schema.ts';

// Writes docs/schema/ anew, after a build and before `npm run format`.
mkdirSync('docs/schema', { recursive: true });
for (const [program, shape] of [
  ['relay-broker', brokerShape],
  ['relay-agent', agentShape],
] as const) {
  const schema = JSON.stringify(describeFile(program, shape), undefined, 2);
  writeFileSync(`docs/schema/${program}.schema.json`, schema);
}
