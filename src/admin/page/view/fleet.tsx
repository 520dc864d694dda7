import { useId, useState } from 'preact/hooks';
import { bytes, count, duration, several } from '../../../units.ts';
import type { Fleet as FleetStatus } from '../feed/wire.ts';
import { type Column, type Order, sorted } from '../model/table.ts';
import { SortHeads } from './sort-heads.tsx';

type Member = FleetStatus['members'][number];

const STATES: Record<Member['state'], { title: string; meaning: string }> = {
  live: { title: 'Live', meaning: 'Agents and clients may come to it.' },
  draining: {
    title: 'Draining',
    meaning: 'It is about to leave, and sends its agents to the others.',
  },
  silent: {
    title: 'Silent',
    meaning: 'Nothing came of it for a while: it is about to be counted out.',
  },
  gone: {
    title: 'Gone',
    meaning: 'It has left or was counted out, and others may have its names.',
  },
};

const COLUMNS: Column<Member>[] = [
  { key: 'name', title: 'Broker', by: ({ name }) => name },
  {
    key: 'registrations',
    title: 'Registrations',
    by: ({ load }) => load.registrations,
    isFigure: true,
  },
  { key: 'connections', title: 'Connections', by: ({ load }) => load.connections, isFigure: true },
  { key: 'dialled', title: 'Dialled', by: ({ dialled }) => Number(dialled) },
  { key: 'state', title: 'State', by: ({ state }) => STATES[state].title },
];

/** The brokers of the fleet, and what this one has to do with the others. */
export function Fleet({ fleet, at }: { fleet: FleetStatus; at: number }) {
  const [order, setOrder] = useState<Order>({ column: 'name', descending: false });
  const title = useId();
  return (
    <section class="fleet" aria-labelledby={title}>
      <div class="bar">
        <h2 id={title}>Fleet {fleet.cluster}</h2>
        <span class="note">{several(fleet.members.length, 'broker')}</span>
      </div>
      <table class="members" aria-labelledby={title}>
        <thead>
          <tr>
            <SortHeads columns={COLUMNS} order={order} onOrder={setOrder} />
          </tr>
        </thead>
        <tbody>
          {sorted(fleet.members, COLUMNS, order).map((member) => (
            <MemberRow key={`${member.name} ${member.self}`} {...member} />
          ))}
        </tbody>
      </table>
      <Figures fleet={fleet} at={at} />
    </section>
  );
}

function MemberRow({ name, self, state, load, dialled }: Member) {
  return (
    <tr>
      <th scope="row">
        {name}
        {self && <span class="note"> this one</span>}
      </th>
      <td data-title="Registrations" class="figures registered">
        {count(load.registrations)}
      </td>
      <td data-title="Connections" class="figures count">
        {count(load.connections)}
      </td>
      <td data-title="Dialled" class="dialled">
        {self ? '–' : dialled ? 'yes' : 'no'}
      </td>
      <td class="status">
        <span class={`state ${state}`} title={STATES[state].meaning}>
          {STATES[state].title}
        </span>
      </td>
    </tr>
  );
}

function Figures({ fleet, at }: { fleet: FleetStatus; at: number }) {
  const { directory, tenure, claims, forwarded, waiting } = fleet;
  const since = (time: string) => duration((at - Date.parse(time)) / 1000);
  const failures = Object.values(forwarded.failures).reduce((all, each) => all + each, 0);
  const figures = {
    Directory: `${directory.reachable ? 'reachable' : 'away'} for ${since(directory.since)}`,
    Tenure: `${tenure.held ? 'held' : 'lost'} for ${since(tenure.since)}`,
    Claims: `${count(claims.made)} made, ${count(claims.lost)} lost`,
    'To other brokers': `${several(forwarded.now, 'client')} now, ${count(forwarded.total)} in all, ${count(failures)} failed, ${bytes(forwarded.bytesToClient + forwarded.bytesToServer)}`,
    'Waiting for a name that moves': several(waiting, 'client'),
  };
  return (
    <dl class="system">
      {Object.entries(figures).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
