import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ReadyCommand } from '#src/cli/ready-command.ts';
import { emptyFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const GRANT = {
  ...{ host: '', port: 1, address: '', name: '', hostName: '', changed: [] },
  ...{ resumed: false, lease: 0, limits: {} },
};

test('a command is told but once that it is to end, and has the time to tidy up', async (t) => {
  const file = join(await emptyFolder(t), 'said');
  writeFileSync(file, '');
  const says = (word: string) => until(() => readFileSync(file, 'utf8').includes(word));
  const tidy = `echo asked >> ${file}; sleep 0.2 && echo tidied >> ${file}; echo over >> ${file}; exit`;
  const command = new ReadyCommand(
    `trap '${tidy}' TERM; echo began >> ${file}; while :; do sleep 0.05; done`,
    () => {},
  );
  command.run(GRANT);
  await says('began');
  command.end();
  await says('asked');
  command.end();
  await says('over');
  assert.deepEqual(readFileSync(file, 'utf8').split('\n'), [
    'began',
    'asked',
    'tidied',
    'over',
    '',
  ]);
});
