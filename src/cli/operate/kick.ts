import { AdminClient } from '../../admin/client/admin-client.ts';
import { kickCommand } from '../../options/broker-program.ts';
import { program } from '../program.ts';

/** `relay-broker kick <registration>[/<connection>]`, or `forwarded/<connection>`. Says nothing when it is done, like kill(1). */
export function runKick(rawArgs: string[]): Promise<void> {
  return program(
    {
      ...kickCommand,
      async run({ target, ...settings }) {
        const client = await AdminClient.open(settings);
        const [registration = '', connection] = target.split('/');
        if (registration === 'forwarded') await client.endForwarded(connection ?? '');
        else if (connection === undefined) await client.endRegistration(registration);
        else await client.endConnection(registration, connection);
      },
    },
    rawArgs,
  );
}
