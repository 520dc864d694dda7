import { createBroker } from '../broker/broker.ts';
import { logBroker, logConnections } from '../log/broker-log.ts';
import { createLog } from '../log/log.ts';
import { brokerOptions } from '../options/broker-options.ts';
import type { brokerProgram } from '../options/broker-program.ts';
import { pickOptions } from '../options/option.ts';
import { isLoopback } from '../options/values.ts';
import { activatedListeners } from '../service-manager/activated-listeners.ts';
import { takeServiceEnvironment } from '../service-manager/environment.ts';
import { tellOfBroker } from '../service-manager/tell-of-broker.ts';
import { withAdminListener } from './admin-listener.ts';
import { followConfiguration } from './follow-broker.ts';
import type { LiveConfiguration } from './live-configuration.ts';
import { type Closable, closeOnSignals, exitOnFailure } from './program.ts';
import { reportElsewhere } from './reports.ts';
import { reachServiceManager } from './service.ts';

/** Starts a broker, which runs until a signal, its successor or an error ends it. */
export async function runBroker(
  live: LiveConfiguration<typeof brokerProgram.options, Record<never, never>>,
): Promise<void> {
  const all = live.value.process.settings;
  const { log: format, verbose, admin, adminTokenFile, takeover } = all;
  const settings = pickOptions(brokerOptions, all);
  const log = await createLog({ log: format, verbose });
  const broker = createBroker(settings);
  logBroker(broker, log, settings.advertise);
  if (verbose) logConnections(broker, log);
  const reports = await reportElsewhere(broker, all, log);
  exitOnFailure(broker, log);
  const service = takeServiceEnvironment();
  const inherited = activatedListeners(service.listeners, settings);
  const manager = await reachServiceManager(service, log);
  const { host } = await broker.start({ inherited });
  const running: Closable = { close: (how) => broker.close(how).then(() => reports.finish()) };
  const looked = { admin, adminTokenFile, takeover, hook: reports.hook };
  const opening = withAdminListener(broker, looked, running, log);
  // There are clients already, whom a signal is not to cut off. What cannot be opened ends it all by itself.
  const whole: Closable = {
    close: (how) =>
      opening.then(
        (opened) => opened.close(how),
        () => {},
      ),
  };
  closeOnSignals(whole);
  // What is relayed runs on, and nothing is to be cut: a signal shortens that.
  broker.on('handover', ({ stage }) => {
    if (stage === 'moved') void whole.close({ drain: Number.POSITIVE_INFINITY });
  });
  followConfiguration(broker, live, log, manager);
  await opening;
  if (manager !== undefined) tellOfBroker(manager, broker);
  if (!isLoopback(host) && settings.tokens === undefined && settings.tlsClientCa === undefined) {
    log(
      'warn',
      'No access control: anyone who reaches the control port can open public ports on this machine',
    );
  }
}
