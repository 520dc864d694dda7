import type {
  DoorRefusal,
  Interruption,
  MemberChange,
  RegistrationEnding,
  RegistrationRefusal,
} from '../broker/events.ts';
import type { BackConnectRefusal, ClientRefusal } from '../data-plane/data-plane.ts';

export const REGISTRATION_ENDINGS: Record<RegistrationEnding, string> = {
  closed: 'the server closed its control connection',
  lost: 'the control connection failed',
  silent: 'the server no longer answers notifications',
  'not-reading': 'the server does not read its notifications',
  junk: 'the server sent something, which its protocol has no place for',
  unanswered: 'the server did not answer a ping',
  misbehaved: 'the server broke the rules of yamux',
  bye: 'the agent is done',
  'lease-over': 'the agent did not come back in time',
  released: 'its server has released it',
  unused: 'it was not used for a day',
  revoked: 'its token was withdrawn or has expired',
  kicked: 'the operator ended it',
  moved: 'another process or broker goes on with it',
  'claim-lost': 'another broker of the fleet has its name or its lease',
  'directory-away': 'whose its name is cannot be told any more',
  'token-full': 'its token has as many elsewhere, from the same moment',
  shutdown: 'the broker is shutting down',
};

/** Endings that nobody needs to look into. */
export const ORDINARY: RegistrationEnding[] = [
  'closed',
  'bye',
  'released',
  'unused',
  'kicked',
  'moved',
  'shutdown',
];

export const INTERRUPTIONS: Record<Interruption, string> = {
  closed: 'the agent closed its control connection',
  lost: 'the control connection failed',
  silent: 'the agent was silent for too long',
  'not-reading': 'the agent does not read its notifications',
  'bad-message': 'the agent sent something that is no message',
  'line-too-long': 'the agent sent a line that is too long',
  'out-of-order': 'the agent sent something that has no place there',
};

/** Those that are not here are named by their codes. */
export const REGISTRATION_REFUSALS: Partial<Record<RegistrationRefusal, string>> = {
  full: 'too many registrations; --max-registrations raises the limit',
  'token-full': 'too many registrations of its token',
  descriptors: 'out of file descriptors; raise the limit (ulimit -n)',
  'no-port': 'no client port is free; widen --ports',
  'port-taken': 'the port it asks for is taken',
  'port-forbidden': 'it asks for a port that it may not have',
  'name-taken': 'the name it asks for is taken',
  'name-forbidden': 'it asks for a name that its token does not entitle to',
  'group-forbidden': 'it wants to share a name or a port, to which its token does not entitle',
  listen: 'its listeners could not be opened',
  tls: 'the TLS handshake failed',
  'pushed-out': 'it took its time to say who it is, and others came',
  'back-connect': 'it is a back-connect for no registration that is here',
  'hello-unknown': 'its first line is none that this relay knows',
  'line-too-long': 'its first line is too long',
  'hello-timeout': 'its next line did not end in time',
  'tls-required': 'it does not use TLS',
  'token-required': 'it has no token',
  'token-expired': 'its token has expired',
  'basic-refused': 'it has no token, or does not use TLS; --allow-basic lets its address in',
};

/** Beyond those for registrations. */
export const DOOR_REFUSALS: Record<
  Exclude<DoorRefusal, RegistrationRefusal> | 'pushed-out',
  string
> = {
  'pushed-out': 'it took its time to say what it wants, and others came',
  timeout: 'it did not say in time what it wants',
  unknown: 'no service has the name that it asks for',
  away: 'the service that it asks for is not there',
  used: 'somebody else has the name',
  'too-many-names': 'its address has too many names',
  'bad-name': 'no service may be called so',
  'unknown-command': 'it asks for something that is not known',
  unnamed: 'its TLS names no host',
  'not-tls': 'it does not speak TLS',
  'bad-request': 'its request is none that can be passed on',
  http2: 'it speaks HTTP/2 without TLS',
  'http-version': 'it speaks another version of HTTP',
  'head-too-large': 'the head of its request is too large',
};

export const CLIENT_REFUSALS: Record<ClientRefusal | BackConnectRefusal, string> = {
  limit: 'client refused: too many clients; --max-clients raises the limit',
  waiting: 'client refused: too many clients wait for the server',
  'address-limit': 'client refused: too many clients from its address',
  rate: 'client refused: too many new clients of late',
  denied: 'client refused: not from an address that may connect',
  parked: 'client refused: the service is down',
  descriptors: 'client refused: out of file descriptors; raise the limit (ulimit -n)',
  address:
    "back-connect refused: not from the server's address, which --back-connect-from any allows, nor from one that --allow-basic lets into a pool",
  'no-client': 'back-connect closed: no client waits for it any more',
  ticket: 'back-connect closed: its ticket is good for no client that waits',
  hello: 'back-connect closed: no proper first line came in time',
  'pushed-out': 'back-connect closed before its first line came: too many newer ones did',
  spare: 'spare back-connect closed: one too many, or it ended or sent something too early',
};

export const MEMBER_CHANGES: Record<MemberChange, string> = {
  joined: 'is one of the fleet now',
  silent: 'is silent',
  back: 'is back',
  draining: 'drains: its agents are sent to the others',
  left: 'has left the fleet, as it had said',
  gone: 'has left the fleet unannounced, or was counted out: others may have its names',
};
