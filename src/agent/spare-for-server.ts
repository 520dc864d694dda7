import type { Server } from 'node:net';
import type { DialledPair, DialledSpare, SpareRequest } from '../data-plane/data-plane.ts';
import { dialSpareFor } from '../data-plane/portable/dial-spare.ts';
import { handToServer } from './hand-to-server.ts';

/** A spare whose client is handed to a server object, see {@link handToServer}. */
export function dialSpareForServer(
  relay: SpareRequest['relay'],
  server: Server,
): Pick<DialledSpare, 'taken' | 'cut'> & {
  serve(preface: Uint8Array | undefined): DialledPair;
} {
  return dialSpareFor(relay, (toRelay, preface: Uint8Array | undefined) =>
    handToServer(toRelay, undefined, server, preface),
  );
}
