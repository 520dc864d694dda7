import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServiceSettings, Services } from '#src/cli/services.ts';

test('what was told to end before it has started anything starts nothing', async () => {
  const services = new Services({
    start: () => assert.fail('started'),
    failed: () => {},
  });
  await services.close({});
  await services.run(new Map([['web', {} as ServiceSettings]]));
});
