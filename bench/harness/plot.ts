/** One bar of a panel. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly kind: "ours" | "other" | "floor";
}

/** Bars of one workload, all to one scale from zero. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Where the goal lies, in the bars' unit. */
  readonly goal?: number | undefined;
}

export interface Plot {
  readonly title: string;
  readonly note: string;
  readonly panels: readonly Panel[];
  readonly formatValue: (value: number) => string;
}

const width = 860;
const gap = 28;
const panelWidth = (width - gap * 3) / 2;
const labelWidth = 140;
const valueWidth = 62;
const barHeight = 17;
const headHeight = 40;
const top = 64;

// Read by whoever shows the picture: the colours follow the reader's scheme, also inside an <img>.
const style = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 }
.panel { font-weight: 600 }
.soft { fill: #59636e }
.ours { fill: #0969da }
.other { fill: #9da7b1 }
.floor { fill: #d8dee4 }
.value { fill: #59636e; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
.goal { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 3 2 }
.ground { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .soft { fill: #9198a1 }
  .value { fill: #9198a1; stroke: #0d1117 }
  .ours { fill: #4493f8 }
  .other { fill: #656c76 }
  .floor { fill: #3d444d }
  .goal { stroke: #f0883e }
  .ground { fill: #0d1117 }
}`;

/** Small multiples of bar charts, two in a row, as a picture that stands by itself. */
export function drawPlot(plot: Plot): string {
  const rows = pairs(plot.panels);
  const heights = rows.map((row) => Math.max(...row.map(panelHeight)));
  const height = top + heights.reduce((sum, each) => sum + each, 0) + 8;
  let y = top;
  const parts = rows.flatMap((row, index) => {
    const drawn = row.map((panel, column) => drawPanel(panel, gap + column * (panelWidth + gap), y, plot.formatValue));
    y += heights[index] ?? 0;
    return drawn;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(plot.title)}">`,
    `<style>${style}\n</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="${gap}" y="30">${escape(plot.title)}</text>`,
    `<text class="soft" x="${gap}" y="49">${escape(plot.note)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const panelHeight = (panel: Panel): number => headHeight + panel.bars.length * (barHeight + 4) + 10;

function drawPanel(panel: Panel, x: number, y: number, formatValue: (value: number) => string): string {
  const room = panelWidth - labelWidth - valueWidth;
  const most = Math.max(...panel.bars.map((bar) => bar.value), panel.goal ?? 0, Number.MIN_VALUE);
  const scale = (value: number): number => Math.max(1, (value / most) * room);
  const from = y + headHeight;
  const bars = panel.bars.map((bar, index) => {
    const at = from + index * (barHeight + 4);
    const length = scale(bar.value);
    const left = x + labelWidth;
    const label = `<text x="${left - 8}" y="${at + 13}" text-anchor="end">${escape(bar.label)}</text>`;
    const rectangle = `<rect class="${bar.kind}" x="${left}" y="${at}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`;
    return {
      bar: `${label}\n${rectangle}`,
      value: `<text class="value" x="${(left + length + 6).toFixed(1)}" y="${at + 13}">${escape(formatValue(bar.value))}</text>`,
    };
  });
  return [
    `<text class="panel" x="${x}" y="${y + 16}">${escape(panel.title)}</text>`,
    `<text class="soft" x="${x}" y="${y + 32}">${escape(panel.unit)}</text>`,
    ...bars.map(({ bar }) => bar),
    ...(panel.goal === undefined ? [] : [goalLine(x + labelWidth + scale(panel.goal), from, panel.bars.length)]),
    // Above the goal's line, which would strike them out.
    ...bars.map(({ value }) => value),
  ].join("\n");
}

function goalLine(x: number, from: number, bars: number): string {
  const to = from + bars * (barHeight + 4) - 2;
  return `<line class="goal" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${from - 4}" y2="${to}"><title>goal</title></line>`;
}

function pairs(panels: readonly Panel[]): Panel[][] {
  return Array.from({ length: Math.ceil(panels.length / 2) }, (_, index) => panels.slice(index * 2, index * 2 + 2));
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
