import { Server } from 'node:net';
import type { Endpoint } from '../data-plane/data-plane.ts';
import { RelayError } from '../errors.ts';
import { parseTarget, type Target } from '../options/agent-options.ts';

/** What a target stands for. Throws `E_BAD_OPTION` for what stands for nothing. */
export function resolveTarget(target: Target): Endpoint | Server {
  if (target instanceof Server) return target;
  const endpoint = parseTarget(target);
  if (endpoint !== undefined) return endpoint;
  throw new RelayError(
    'E_BAD_OPTION',
    `${JSON.stringify(target)} is not a target: expected a port, <host>:<port> or unix:<path>`,
  );
}

/** A target as a person writes it. */
export function nameOf(target: Target): string {
  if (target instanceof Server) return 'the server object';
  return /^\d+$/.test(String(target)) ? `localhost:${target}` : String(target);
}
