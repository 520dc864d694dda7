import writeFileAtomic from 'write-file-atomic';
import type { Agent } from '../agent/agent.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { ReadyCommand } from './ready-command.ts';

/**
 * Tells scripts where clients reach the service: by a file, and then by a command, which may read that.
 *
 * @returns ends the command, should it still run
 */
export function tellScripts(
  agent: Agent,
  { addressFile, onReady }: { addressFile?: string | undefined; onReady?: string | undefined },
  log: Log,
): () => void {
  const command = onReady === undefined ? undefined : new ReadyCommand(onReady, log);
  agent.on('ready', (grant) => {
    const written = addressFile === undefined ? undefined : write(addressFile, grant.address, log);
    void Promise.resolve(written).then(() => command?.run(grant));
  });
  return () => command?.end();
}

/** Whole at any moment. */
async function write(file: string, address: string, log: Log): Promise<void> {
  try {
    await writeFileAtomic(file, `${address}\n`);
  } catch (error) {
    log('error', `Cannot write the address to ${file}: ${reasonOf(error)}`, {
      event: 'addressFileFailed',
    });
  }
}
