import type { AdminSettings } from '../admin/admin.ts';
import type { Broker } from '../broker/broker.ts';
import { RelayError } from '../errors.ts';
import { loggingAdmin } from '../log/admin-log.ts';
import type { Log } from '../log/log.ts';
import { type Closable, version } from './program.ts';

interface ListenerSettings {
  admin?: number | string | undefined;
  adminTokenFile?: string | undefined;
  hook: AdminSettings['hook'];
  /** Whether the broker has taken the place of another, and has to go on whatever happens. */
  takeover: boolean;
}

/**
 * Opens the admin listener of a broker that runs, if it is to have one.
 *
 * @param running - the broker, and what ends with it
 * @returns ends them, and then the listener: until then, their end can be watched
 */
export async function withAdminListener(
  broker: Broker,
  { admin, adminTokenFile, hook, takeover }: ListenerSettings,
  running: Closable,
  log: Log,
): Promise<Closable> {
  if (admin === undefined) return running;
  // An ordinary broker does not pay for it.
  const { Admin } = await import('../admin/admin.ts');
  const all: Closable = {
    close: async (how) => {
      await running.close(how);
      await listener?.close();
    },
  };
  const drain = (deadline: number | undefined) =>
    void all.close(deadline === undefined ? {} : { drain: deadline });
  const settings = { admin, adminTokenFile, hook, version: version(), drain };
  const listener = await Admin.open(broker, settings, loggingAdmin(log)).catch(async (error) => {
    if (takeover && error instanceof RelayError) return logMissing(error, log);
    await running.close({ drain: 0 });
    throw error;
  });
  if (listener === undefined) return running;
  // The process that takes this one's place opens it anew.
  broker.on('handover', ({ stage }) => {
    if (stage === 'moved') void listener.close();
  });
  return all;
}

function logMissing({ code, message }: RelayError, log: Log): undefined {
  log('error', `Going on without an admin listener, as the broker before is gone: ${message}`, {
    event: 'adminMissing',
    code,
  });
}
