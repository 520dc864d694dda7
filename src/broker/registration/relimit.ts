import type { ClientLimits } from '../../data-plane/data-plane.ts';
import type { Access } from '../access/access.ts';
import { keptBy, strictest } from '../access/limits.ts';
import type { RegistrationInfo } from '../events.ts';
import { ExtendedRegistration } from './extended-registration.ts';
import { limitsOfBasic } from './register-basic.ts';
import type { Registration } from './registration.ts';
import type { Site } from './site.ts';

/** Holds the clients of all registrations to what the broker and the tokens say now. */
export function relimit(site: Site): void {
  relimitOpen(site);
  // Those that are being opened are, by what was said before.
  void site.registry.opened().then(() => relimitOpen(site));
}

function relimitOpen({ registry, access }: Site): void {
  for (const registration of registry.all()) {
    // No more clients come to it.
    if (registration.state === 'draining') continue;
    if (registration instanceof ExtendedRegistration) relimitAgent(registration, access);
    else relimitPlain(registration, access);
  }
}

function relimitAgent(registration: ExtendedRegistration, access: Access): void {
  const { token, limits: asked } = registration.lease;
  const rights = token === undefined ? undefined : access.findToken(token);
  registration.limit(access.limitsFor(rights, asked), asked);
}

function relimitPlain({ info: { protocol }, exchange }: Registration, access: Access): void {
  const limits = HOLDS_TO[protocol]?.(access) ?? strictest(access.limits);
  exchange.limit(keptBy(exchange, limits));
}

const HOLDS_TO: { [P in RegistrationInfo['protocol']]?: (access: Access) => ClientLimits } = {
  basic: limitsOfBasic,
  announce: limitsOfBasic,
  mux: limitsOfBasic,
};
