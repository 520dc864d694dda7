#!/usr/bin/env node
import { createBroker } from '../broker/broker.ts';
import { logBroker, logConnections } from '../log/broker-log.ts';
import { createLog } from '../log/log.ts';
import { brokerOptions } from '../options/broker-options.ts';
import { logOptions, verboseOptions } from '../options/log-options.ts';
import { closeOnSignals, exitOnFailure, program } from './program.ts';
import { createTokenCommand } from './token-command.ts';

const [noun, verb, ...rest] = process.argv.slice(2);
// Not as subcommands of citty's, which takes a port for the name of one.
if (noun === 'token' && verb === 'create') await createTokenCommand(rest);
else await brokerCommand();

function brokerCommand(): Promise<void> {
  return program({
    name: 'relay-broker',
    description:
      'A TCP relay: servers behind NAT register here, clients reach them through it. "relay-broker token create" makes tokens, see its --help',
    options: { ...brokerOptions, ...logOptions, ...verboseOptions },
    async run({ log: format, verbose, ...settings }) {
      const log = createLog({ log: format, verbose });
      const broker = createBroker(settings);
      logBroker(broker, log, settings.advertise);
      if (verbose) logConnections(broker, log);
      exitOnFailure(broker, log);
      const { host } = await broker.start();
      closeOnSignals(broker);
      if (
        !isLoopback(host) &&
        settings.tokens === undefined &&
        settings.tlsClientCa === undefined
      ) {
        log(
          'warn',
          'No access control: anyone who reaches the control port can open public ports on this machine',
        );
      }
    },
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
