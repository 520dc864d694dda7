export interface Panel {
  title: string;
  rows: Row[];
}

export interface Row {
  label: string;
  /** Of ours, which stands out. */
  ours: boolean;
  /** Drawn one after the other, paler from one to the next; their sum is written beside them. */
  parts: number[];
}

const WIDTH = 720;
const LABEL_WIDTH = 110;
const VALUE_WIDTH = 60;
const ROW_HEIGHT = 20;
const BAR_HEIGHT = 13;
const TITLE_HEIGHT = 34;

/** Readable on light and dark pages: an image in a page knows the reader's scheme, not the page's style. */
const STYLE = `
  svg { color: #1f2328; font: 13px system-ui, sans-serif; }
  text { fill: currentColor; }
  .title { font-weight: 600; }
  .bar { fill: #818b98; }
  .ours { fill: #0969da; }
  .part-1 { opacity: 0.5; }
  @media (prefers-color-scheme: dark) {
    svg { color: #f0f6fc; }
    .bar { fill: #9198a1; }
    .ours { fill: #4493f8; }
  }
`;

/** Panels of horizontal bars below each other, each with a scale of its own. */
export function barChart(title: string, panels: readonly Panel[]): string {
  const heights = panels.map(({ rows }) => TITLE_HEIGHT + rows.length * ROW_HEIGHT);
  const height = heights.reduce((sum, one) => sum + one, 0) + ROW_HEIGHT / 2;
  const parts = panels.map((panel, index) => {
    const top = heights.slice(0, index).reduce((sum, one) => sum + one, 0);
    return drawPanel(panel, top);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${xml(title)}</title>`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, rows }: Panel, top: number): string {
  const largest = Math.max(...rows.map(sum));
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / largest;
  const head = `<text class="title" x="0" y="${top + 22}">${xml(title)}</text>`;
  const drawn = rows.map((row, index) =>
    drawRow(row, top + TITLE_HEIGHT + index * ROW_HEIGHT, scale),
  );
  return [head, ...drawn].join('\n');
}

function drawRow(row: Row, top: number, scale: number): string {
  const colour = row.ours ? 'bar ours' : 'bar';
  const baseline = top + BAR_HEIGHT - 2;
  let x = LABEL_WIDTH;
  const bars = row.parts.map((part, index) => {
    const width = part * scale;
    const box = `x="${x.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}"`;
    x += width;
    return `<rect class="${colour} part-${index}" ${box}/>`;
  });
  const label = `<text x="0" y="${baseline}">${xml(row.label)}</text>`;
  const value = `<text x="${(x + 6).toFixed(1)}" y="${baseline}">${sum(row).toPrecision(3)}</text>`;
  return [label, ...bars, value].join('\n');
}

function sum({ parts }: Row): number {
  return parts.reduce((total, part) => total + part, 0);
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
