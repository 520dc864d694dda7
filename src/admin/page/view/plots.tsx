import { count, rate } from '../../../units.ts';
import type { History, Moment } from '../model/history.ts';
import { type Line, Plot } from './plot.tsx';

const THROUGHPUT: Line[] = [
  { title: '↓ to clients', colour: 'accent', isFilled: true, of: ({ toClients }) => toClients },
  { title: '↑ to services', colour: 'second', of: ({ toServers }) => toServers },
];

const CONNECTIONS: Line[] = [
  { title: 'joined', colour: 'accent', isFilled: true, of: ({ paired }) => paired },
  { title: 'waiting', colour: 'second', of: ({ waiting }) => waiting },
];

const markRate = (mark: number) => rate(mark).replace(/\.0+ /, ' ');

/** Round numbers of bytes have powers of two, those of connections powers of ten. */
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power).slice(8);
const DECIMAL = Array.from({ length: 7 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** The last minutes. */
export function Plots({ history }: { history: History }) {
  const moments: readonly Moment[] = history.moments;
  return (
    <section aria-label="The last minutes" class="plots">
      <Plot
        title="Throughput"
        lines={THROUGHPUT}
        moments={moments}
        write={rate}
        mark={markRate}
        steps={BINARY}
      />
      <Plot
        title="Connections"
        lines={CONNECTIONS}
        moments={moments}
        write={count}
        mark={count}
        steps={DECIMAL}
      />
    </section>
  );
}
