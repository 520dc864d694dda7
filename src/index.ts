export { Agent, createAgent } from './agent/agent.ts';
export type { DialBackOptions } from './agent/dial-back.ts';
export { dialBackAndPipe } from './agent/dial-back.ts';
export type { AgentEvents, AgentNotice } from './agent/events.ts';
export type { Change, Grant } from './agent/link/link.ts';
export type { AgentState, AgentStatus } from './agent/status.ts';
export { Broker, createBroker } from './broker/broker.ts';
export type {
  BrokerEvents,
  DoorName,
  DoorRefusal,
  Interruption,
  MemberChange,
  RegistrationEnding,
  RegistrationInfo,
  RegistrationRefusal,
} from './broker/events.ts';
export type { ClaimCounters, ForwardCounters, ForwardFailure } from './broker/fleet/counts.ts';
export type {
  FleetMember,
  FleetName,
  FleetStatus,
  ForwardedConnection,
  ForwardRecord,
} from './broker/fleet/status.ts';
export type { InheritedListener, ListenerRole } from './broker/inheritance.ts';
export type { ReloadReport } from './broker/reload.ts';
export type {
  BrokerStatus,
  RegistrationRefusals,
  RegistrationState,
  RegistrationStatus,
} from './broker/status.ts';
export type { ConnectByNameOptions } from './connect/connect-by-name.ts';
export { connectByName } from './connect/connect-by-name.ts';
export type {
  ArrivedClient,
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
  CutReason,
  ExchangeCounters,
  LiveConnection,
  PairEnding,
  PairedClient,
  PairReport,
  Side,
  WaitingEnding,
} from './data-plane/data-plane.ts';
export type { RelayErrorCode } from './errors.ts';
export { RelayError } from './errors.ts';
export type { AgentOptions, Target } from './options/agent-options.ts';
export type { BrokerOptions } from './options/broker-options.ts';
export type { Pool, PoolOptions, PoolTls } from './pool/create-pool.ts';
export { createPool } from './pool/create-pool.ts';
