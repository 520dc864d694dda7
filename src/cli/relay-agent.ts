#!/usr/bin/env node
import { openOwnPlane, sharedPlanes } from '../agent/planes.ts';
import { agentShape } from '../config/agent-shape.ts';
import { type Configuration, UNNAMED } from '../config/resolve.ts';
import { createLog } from '../log/log.ts';
import { logReload, logReloadFailed } from '../log/reload-log.ts';
import {
  type agentProcessOptions,
  agentProgram,
  type serviceOptions,
} from '../options/agent-program.ts';
import { changedOptions } from '../options/option.ts';
import { dashed } from '../options/spelling.ts';
import { takeServiceEnvironment } from '../service-manager/environment.ts';
import { tellOfAgent } from '../service-manager/tell-of-agent.ts';
import { withMetrics } from './agent-metrics.ts';
import { startService } from './agent-service.ts';
import { viewOn } from './agent-view.ts';
import { configuredProgram } from './configured-program.ts';
import { FAILURE } from './exit-code.ts';
import { closeOnSignals } from './program.ts';
import { reachServiceManager, reportingTo } from './service.ts';
import { type ServiceList, Services } from './services.ts';

await configuredProgram({
  ...agentProgram,
  shape: agentShape,
  async run(live) {
    const atStart = live.value.process.settings;
    const isJson = atStart.json || atStart.log === 'json';
    const lines = await createLog({ log: isJson ? 'json' : 'pretty', verbose: false });
    const view = isJson ? undefined : await viewOn(process.stdout, live.value, lines);
    const log = view?.log ?? lines;
    const reader = isJson ? 'program' : view === undefined ? 'pipe' : 'terminal';
    const manager = await reachServiceManager(takeServiceEnvironment(), log);
    const planes = live.value.services.has(UNNAMED) ? openOwnPlane : sharedPlanes();
    const services = new Services({
      start(name, settings) {
        const service = startService(name, settings, { log, reader, planes });
        const isEnding = () => services.isClosing;
        if (manager !== undefined) {
          tellOfAgent(manager, service.agent, { ...settings, name, isEnding });
        }
        return service;
      },
      failed(service, { code, message }) {
        // The only one is told of by the program's own end.
        if (service === UNNAMED) return;
        log('error', `${service}: ${message} It is given up.`, {
          event: 'serviceFailed',
          service,
          code,
        });
      },
    });
    manager?.watch(() => services.answers());
    closeOnSignals({ close: (options = {}) => services.close(options) });
    let closeMetrics = async () => {};
    try {
      closeMetrics = await withMetrics(services, atStart.metrics, log);
      view?.show(() => services.status());
      const over = services.run(listOf(live.value));
      // What has changed since is for services that run.
      live.follow(
        reportingTo(manager, {
          async apply(now) {
            const changes = await services.update(listOf(now));
            const later = changedOptions(atStart, now.process.settings);
            logReload(log, { ...changes }, later.map(dashed));
          },
          failed: (error) => logReloadFailed(log, error),
        }),
      );
      await over;
    } finally {
      live.close();
      // Connections may run on, and be watched.
      if (services.isClosing) await services.close({});
      await closeMetrics();
      view?.close();
    }
    if (services.hasFailed) process.exitCode = FAILURE;
  },
});

function listOf({
  services,
}: Configuration<typeof agentProcessOptions, typeof serviceOptions>): ServiceList {
  return new Map([...services].map(([name, { settings }]) => [name, settings]));
}
