import { bytes, count, duration, rate } from '../../../units.ts';
import type { Registration, Status } from '../feed/wire.ts';
import type { Live } from '../live.ts';
import { STATES } from '../model/service.ts';

interface Props {
  live: Live;
  at: number;
  status: Status;
  registrations: Registration[];
}

/** The few figures that say whether all is well. */
export function Totals({ live, at, status, registrations }: Props) {
  const { counters, started } = status;
  const states = Object.entries(status.registrations)
    .filter(([, number]) => number > 0)
    .map(
      ([state, number]) => `${number} ${STATES[state as keyof typeof STATES].title.toLowerCase()}`,
    );
  const ended = sum(counters.ended);
  return (
    <section aria-label="Totals" class="totals">
      <Figure
        title="Registrations"
        value={count(registrations.length)}
        notes={states.length > 0 ? states : ['none yet']}
      />
      <Figure
        title="Connections"
        value={count(counters.paired)}
        notes={[`${count(counters.waiting)} waiting`, `${count(ended)} ended`]}
      />
      <Figure
        title="Throughput"
        value={rate(live.gauges.rate && live.gauges.rate.toClients + live.gauges.rate.toServers)}
        notes={[`↓ ${rate(live.gauges.rate?.toClients)}`, `↑ ${rate(live.gauges.rate?.toServers)}`]}
      />
      <Figure
        title={`Since the start, ${duration((at - Date.parse(started)) / 1000)} ago`}
        value={bytes(counters.bytesToClient + counters.bytesToServer)}
        notes={[`↓ ${bytes(counters.bytesToClient)}`, `↑ ${bytes(counters.bytesToServer)}`]}
      />
    </section>
  );
}

function Figure({ title, value, notes }: { title: string; value: string; notes: string[] }) {
  return (
    <dl class="figure">
      <dt>{title}</dt>
      <dd class="value">{value}</dd>
      <dd class="note">
        {notes.map((note) => (
          <span key={note}>{note}</span>
        ))}
      </dd>
    </dl>
  );
}

function sum(figures: Record<string, number>): number {
  return Object.values(figures).reduce((all, each) => all + each, 0);
}
