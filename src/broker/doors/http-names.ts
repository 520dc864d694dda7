import { RequestHeadReader } from '../../protocol/http-head.ts';
import { formatRefusal } from '../../protocol/http-refusal.ts';
import type { Door } from './door.ts';
import { type HostSite, openHostDoor } from './hosts/host-door.ts';

/** Where HTTP clients reach every service that has a name, by the host of their first request. */
export function openHttpNames(site: HostSite): AsyncGenerator<Door> {
  return openHostDoor(site, 'http-names', site.settings.httpNames, () => {
    const reader = new RequestHeadReader();
    return { reader, answer: (refusal) => formatRefusal(refusal, reader.method) };
  });
}
