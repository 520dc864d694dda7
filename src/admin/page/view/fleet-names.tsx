import { useEffect, useId, useState } from 'preact/hooks';
import { count } from '../../../units.ts';
import { followNames } from '../feed/names.ts';
import type { FleetNames as Names } from '../feed/wire.ts';
import { ShowMore } from './show-more.tsx';

type Name = Names['names'][number];

const OFFERS: Record<Name['offer'], { title: string; meaning: string }> = {
  open: { title: 'Open', meaning: 'Clients are served.' },
  away: { title: 'Away', meaning: 'Nobody is there to serve clients.' },
  moving: { title: 'Moving', meaning: 'Clients wait for the broker that it goes to.' },
};

/** Rows at one time. */
const PAGE = 200;

/** That the broker lists at one time: to whoever wants others, the filter shows them. */
const MOST = 1000;

/** The names of the fleet, and where each lives, as far as they are asked for. */
export function FleetNames() {
  const [filter, setFilter] = useState('');
  const [most, setMost] = useState(PAGE);
  const [listed, list] = useState<Names>();
  const title = useId();
  useEffect(() => followNames(filter, most, list), [filter, most]);
  const { names = [], found = 0, total = 0 } = listed ?? {};
  return (
    <section class="names" aria-labelledby={title}>
      <div class="bar">
        <h2 id={title}>Names</h2>
        <span class="note" role="status">
          {listed && (filter ? `${count(found)} of ${count(total)}` : count(total))}
        </span>
        <input
          type="search"
          placeholder="Filter"
          aria-label="Filter names"
          value={filter}
          onInput={(event) => {
            setFilter(event.currentTarget.value);
            setMost(PAGE);
          }}
        />
      </div>
      {names.length > 0 && (
        <table aria-labelledby={title}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Broker</th>
              <th scope="col" class="figures">
                Generation
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {names.map((each) => (
              <NameRow key={each.name} {...each} />
            ))}
          </tbody>
        </table>
      )}
      {names.length === 0 && <p class="empty">{nothing(listed, filter)}</p>}
      {found > names.length &&
        (most < MOST ? (
          <ShowMore shown={names.length} total={found} onMore={() => setMost(most + PAGE)} />
        ) : (
          <p class="empty">
            The first {count(names.length)} of {count(found)} are shown. The filter finds the
            others.
          </p>
        ))}
    </section>
  );
}

function NameRow({ name, member, generation, offer }: Name) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="address">{member}</td>
      <td data-title="Generation" class="figures generation">
        {generation}
      </td>
      <td class="status">
        <span class={`state ${offer}`} title={OFFERS[offer].meaning}>
          {OFFERS[offer].title}
        </span>
      </td>
    </tr>
  );
}

function nothing(listed: Names | undefined, filter: string): string {
  if (listed === undefined) return 'Asking the broker…';
  return filter
    ? `No name has “${filter}” in it, in its broker or in its state.`
    : 'No service of the fleet has a name.';
}
