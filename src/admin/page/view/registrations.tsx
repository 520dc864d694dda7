import { useId, useState } from 'preact/hooks';
import { count } from '../../../units.ts';
import type { Registration, Status } from '../feed/wire.ts';
import type { Live } from '../live.ts';
import { type Service, STATES, serviceOf } from '../model/service.ts';
import { type Column, matches, type Order, sorted } from '../model/table.ts';
import { ActionsHead } from './actions-head.tsx';
import type { Question } from './confirm.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RegistrationRows } from './registration-rows.tsx';
import { ShowMore } from './show-more.tsx';
import { SortHeads } from './sort-heads.tsx';

const COLUMNS: Column<Service>[] = [
  { key: 'name', title: 'Name', by: ({ name }) => name },
  { key: 'address', title: 'Public address', by: ({ address }) => address },
  { key: 'agent', title: 'Agent', by: ({ registration }) => registration.info.address },
  {
    key: 'age',
    title: 'Age',
    by: ({ registration }) => -Date.parse(registration.since),
    isFigure: true,
  },
  {
    key: 'connections',
    title: 'Connections',
    by: ({ connections }) => connections,
    isFigure: true,
  },
  {
    key: 'rate',
    title: 'Rate',
    by: ({ rate }) => rate && rate.toClients + rate.toServers,
    isFigure: true,
  },
  { key: 'state', title: 'State', by: ({ registration }) => STATES[registration.state].title },
];

/** The columns, and the one of the actions. */
const WIDTH = COLUMNS.length + 1;

/** Rows at one time: more are a matter of the filter, and of who wants to wait. */
const PAGE = 200;

interface Props {
  live: Live;
  at: number;
  status: Status;
  registrations: Registration[];
  ask: (question: Question) => void;
}

export function Registrations({ live, at, status, registrations, ask }: Props) {
  const [order, setOrder] = useState<Order>({ column: 'name', descending: false });
  const [filter, setFilter] = useState('');
  const [most, setMost] = useState(PAGE);
  const title = useId();

  const found = registrations
    .map((each) => serviceOf(each, live.gauges.rates.get(each.info.id), location.hostname))
    .filter(({ registration, name, address }) =>
      matches(filter, [
        name,
        address,
        registration.info.address,
        registration.info.token,
        STATES[registration.state].title,
      ]),
    );
  const rows = sorted(found, COLUMNS, order);
  return (
    <section class="registrations" aria-labelledby={title}>
      <div class="bar">
        <h2 id={title}>Registrations</h2>
        <span class="note" role="status">
          {filter && `${count(found.length)} of ${count(registrations.length)}`}
        </span>
        <input
          type="search"
          placeholder="Filter"
          aria-label="Filter registrations"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {registrations.length === 0 ? (
        <FirstSteps status={status} />
      ) : (
        <table aria-labelledby={title}>
          <thead>
            <tr>
              <SortHeads columns={COLUMNS} order={order} onOrder={setOrder} />
              <ActionsHead />
            </tr>
          </thead>
          {rows.slice(0, most).map((service) => (
            <RegistrationRows
              key={service.registration.info.id}
              service={service}
              opened={live.opened.get(service.registration.info.id)}
              onToggle={() => live.toggle(service.registration.info.id)}
              now={at}
              width={WIDTH}
              ask={ask}
              canAct={live.canAct}
            />
          ))}
        </table>
      )}
      {registrations.length > 0 && rows.length === 0 && (
        <p class="empty">
          No registration has “{filter}” in its name, addresses, token or state.{' '}
          <button type="button" onClick={() => setFilter('')}>
            Clear the filter
          </button>
        </p>
      )}
      {rows.length > most && (
        <ShowMore shown={most} total={rows.length} onMore={() => setMost(most + PAGE)} />
      )}
    </section>
  );
}
