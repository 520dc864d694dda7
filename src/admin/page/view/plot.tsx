import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Moment, WINDOW } from '../model/history.ts';

/** One line of a plot. */
export interface Line {
  title: string;
  /** Name of the CSS variable that holds its colour. */
  colour: string;
  /** Whether the area below it is filled. */
  isFilled?: boolean;
  of: (figures: NonNullable<Moment['figures']>) => number;
}

interface Props {
  title: string;
  lines: Line[];
  moments: readonly Moment[];
  /** Figures as they are written. */
  write: (figure: number) => string;
  /** The same on the axis. */
  mark: (figure: number) => string;
  /** The distances that marks on the axis may have. */
  steps: number[];
}

const HEIGHT = 180;

/** Of the smallest step; less than that would make noise look like much. */
const LEAST_STEPS = 4;

/** Plots that have this in common show the same moment under the pointer. */
const SYNC = 'page';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const exactly = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export function Plot({ title, lines, moments, write, mark, steps }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [pointed, point] = useState<number | null>();

  useEffect(() => {
    if (!place.current) return;
    const made = draw(place.current, { lines, mark, steps, point });
    plot.current = made;
    const sizes = new ResizeObserver(([entry]) => {
      if (entry) made.setSize({ width: entry.contentRect.width, height: HEIGHT });
    });
    sizes.observe(place.current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => made.redraw(false, true);
    scheme.addEventListener('change', redraw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', redraw);
      made.destroy();
    };
  }, [lines, mark, steps]);

  useEffect(() => {
    const columns = lines.map(({ of }) =>
      moments.map(({ figures }) => (figures ? of(figures) : null)),
    );
    plot.current?.setData([moments.map(({ at }) => at), ...columns]);
  }, [lines, moments]);

  const moment = (pointed != null && moments[pointed]) || moments.at(-1);
  const now = lines.map((line) => ({ ...line, value: moment?.figures && line.of(moment.figures) }));
  const summary = now.map(
    ({ title, value }) => `${title} ${value === undefined ? 'unknown' : write(value)}`,
  );
  return (
    <figure class="plot">
      <figcaption>
        <h2>{title}</h2>
        {now.map(({ title, colour, value }) => (
          <span key={title} class={`key ${colour}`}>
            {title} <b>{value === undefined ? '–' : write(value)}</b>
          </span>
        ))}
        <time>{pointed != null && moment ? exactly.format(moment.at * 1000) : ''}</time>
      </figcaption>
      <div
        ref={place}
        class="canvas"
        role="img"
        aria-label={`${title} in the last minutes, a plot. Now: ${summary.join(', ')}.`}
      />
    </figure>
  );
}

interface Drawing extends Pick<Props, 'lines' | 'mark' | 'steps'> {
  point: (index: number | null | undefined) => void;
}

function draw(place: HTMLElement, { lines, mark, steps, point }: Drawing): uPlot {
  // Asked for at each drawing: the colours follow the light.
  const colour = (name: string) => () =>
    getComputedStyle(place).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('faint'),
    grid: { stroke: colour('rule'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: Math.max(1, place.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    padding: [12, 22, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: SYNC } },
    scales: {
      x: { range: (_, __, newest) => [newest - WINDOW, newest] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.1, LEAST_STEPS * (steps[0] ?? 1))] },
    },
    axes: [
      {
        ...axis,
        incrs: [60],
        space: 20,
        size: 28,
        values: (_, marks) => marks.map((at) => clock.format(at * 1000)),
      },
      { ...axis, incrs: steps, size: 76, values: (_, marks) => marks.map(mark) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: colour(line.colour),
        ...(line.isFilled && { fill: colour(`${line.colour}-fill`) }),
        width: 1.5,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx)] },
  };
  return new uPlot(options, [[], ...lines.map(() => [])], place);
}
