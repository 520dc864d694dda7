import { rate as written } from '../../../units.ts';
import type { Traffic } from '../model/meter.ts';

/** What goes to clients, and what to services. */
export function Rate({ rate }: { rate: Traffic | undefined }) {
  return (
    <>
      <span class={rate?.toClients ? 'way' : 'way idle'}>
        <span class="unseen">to clients</span>
        <span aria-hidden="true">↓</span> {written(rate?.toClients)}
      </span>
      <span class={rate?.toServers ? 'way' : 'way idle'}>
        <span class="unseen">to the service</span>
        <span aria-hidden="true">↑</span> {written(rate?.toServers)}
      </span>
    </>
  );
}
