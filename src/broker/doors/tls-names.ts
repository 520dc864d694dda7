import { ClientHelloReader } from '../../protocol/client-hello.ts';
import { fatalAlert } from '../../protocol/tls-alert.ts';
import type { Door } from './door.ts';
import type { HostDialogue } from './hosts/host-caller.ts';
import { type HostSite, openHostDoor } from './hosts/host-door.ts';

type TlsDialogue = HostDialogue<'unnamed' | 'not-tls'>;

/** Where TLS clients reach every service that has a name, by the one that their ClientHello asks for. */
export function openTlsNames(site: HostSite): AsyncGenerator<Door> {
  return openHostDoor(site, 'tls-names', site.settings.tlsNames, converse);
}

function converse(): TlsDialogue {
  return { reader: new ClientHelloReader(), answer };
}

const answer: TlsDialogue['answer'] = (refusal) => {
  switch (refusal) {
    case 'unknown':
    case 'unnamed':
      return fatalAlert('unrecognizedName');
    case 'away':
      return fatalAlert('internalError');
    case 'timeout':
    case 'not-tls':
      return Buffer.alloc(0);
  }
};
