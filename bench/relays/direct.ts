import type { Relay } from './relay.ts';

/** No relay at all: how much the load generator and the kernel can do on this machine. */
export const direct: Relay = {
  name: 'no relay',
  version: () => 'load generator alone',
  start: async ({ targetPort }) => ({
    clientHost: '127.0.0.1',
    clientPort: targetPort,
    brokerPid: undefined,
    agentPid: undefined,
    stop: async () => {},
  }),
};
