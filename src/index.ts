export { Agent, createAgent } from './agent/agent.ts';
export type { DialBackOptions } from './agent/dial-back.ts';
export { dialBackAndPipe } from './agent/dial-back.ts';
export type { AgentEvents, AgentNotice } from './agent/events.ts';
export type { Grant } from './agent/link/link.ts';
export { Broker, createBroker } from './broker/broker.ts';
export type {
  BrokerEvents,
  DoorRefusal,
  Interruption,
  RegistrationEnding,
  RegistrationInfo,
  RegistrationRefusal,
} from './broker/events.ts';
export type { ConnectByNameOptions } from './connect/connect-by-name.ts';
export { connectByName } from './connect/connect-by-name.ts';
export type {
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
  ExchangeCounters,
  PairEnding,
  PairReport,
  WaitingEnding,
} from './data-plane/data-plane.ts';
export type { RelayErrorCode } from './errors.ts';
export { RelayError } from './errors.ts';
export type { AgentOptions, Target } from './options/agent-options.ts';
export type { BrokerOptions } from './options/broker-options.ts';
export type { Pool, PoolOptions, PoolTls } from './pool/create-pool.ts';
export { createPool } from './pool/create-pool.ts';
