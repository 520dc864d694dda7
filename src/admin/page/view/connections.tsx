import { useState } from 'preact/hooks';
import { bytes, count, duration } from '../../../units.ts';
import { ask as askBroker } from '../feed/api.ts';
import { hostAndPort, type Service } from '../model/service.ts';
import { type Column, type Order, sorted } from '../model/table.ts';
import type { Opened, OpenedConnection } from '../opened.ts';
import { ActionsHead } from './actions-head.tsx';
import type { Question } from './confirm.tsx';
import { Rate } from './rate.tsx';
import { ShowMore } from './show-more.tsx';
import { SortHeads } from './sort-heads.tsx';

const COLUMNS: Column<OpenedConnection>[] = [
  { key: 'client', title: 'Client', by: ({ connection }) => clientOf(connection) },
  { key: 'age', title: 'Age', by: ({ connection }) => connection.lasted, isFigure: true },
  {
    key: 'down',
    title: '↓ So far',
    by: ({ connection }) => connection.bytesToClient,
    isFigure: true,
  },
  {
    key: 'up',
    title: '↑ So far',
    by: ({ connection }) => connection.bytesToServer,
    isFigure: true,
  },
  {
    key: 'rate',
    title: 'Rate',
    by: ({ rate }) => rate && rate.toClients + rate.toServers,
    isFigure: true,
  },
  { key: 'state', title: 'State', by: ({ connection }) => connection.state },
];

const TITLES = { waiting: 'Waiting', paired: 'Joined' } as const;

/** Rows at one time. */
const PAGE = 100;

interface Props {
  service: Service;
  opened: Opened;
  ask: (question: Question) => void;
  canAct: boolean;
}

export function Connections({ service, opened, ask, canAct }: Props) {
  const [order, setOrder] = useState<Order>({ column: 'age', descending: true });
  const [most, setMost] = useState(PAGE);
  const { connections } = opened;
  if (connections === undefined) return <p class="empty">Asking the broker…</p>;
  if (connections.length === 0) {
    return (
      <p class="empty">
        No connections at the moment. Clients reach it at <code>{service.address}</code>.
      </p>
    );
  }
  const rows = sorted(connections, COLUMNS, order);
  return (
    <>
      <table class="connections" aria-label={`Connections of ${service.name}`}>
        <thead>
          <tr>
            <SortHeads columns={COLUMNS} order={order} onOrder={setOrder} />
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map(({ connection, rate }) => (
            <tr key={connection.id}>
              <th scope="row">{clientOf(connection)}</th>
              <td data-title="Age" class="figures age">
                {duration(connection.lasted / 1000)}
              </td>
              <td data-title="↓ so far" class="figures down">
                {bytes(connection.bytesToClient)}
              </td>
              <td data-title="↑ so far" class="figures up">
                {bytes(connection.bytesToServer)}
              </td>
              <td class="figures rate">
                <Rate rate={rate} />
              </td>
              <td class="status">{TITLES[connection.state]}</td>
              <td class="actions">
                <button
                  type="button"
                  class="small"
                  disabled={!canAct}
                  aria-label={`End the connection of ${clientOf(connection)}…`}
                  onClick={() => ask(question(service, connection))}
                >
                  End…
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most ? (
        <ShowMore shown={most} total={opened.total} onMore={() => setMost(most + PAGE)} />
      ) : (
        opened.total > rows.length && (
          <p class="empty">
            The newest {count(rows.length)} of {count(opened.total)} are shown.
          </p>
        )
      )}
    </>
  );
}

function clientOf({ clientAddress, sourcePort }: OpenedConnection['connection']): string {
  return hostAndPort(clientAddress, sourcePort);
}

function question(
  { registration, name }: Service,
  connection: OpenedConnection['connection'],
): Question {
  const client = clientOf(connection);
  return {
    title: 'End this connection?',
    body: (
      <p>
        {client} to {name}, {duration(connection.lasted / 1000)} old. Both ends are reset; what is
        under way is lost.
      </p>
    ),
    verb: 'End connection',
    act: async () => {
      await askBroker(
        'DELETE',
        `registrations/${registration.info.id}/connections/${connection.id}`,
      );
      return `The connection of ${client} was ended.`;
    },
  };
}
