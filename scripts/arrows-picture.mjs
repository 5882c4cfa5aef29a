// Draws packages as boxes and imports as arrows: left is what knows nothing of the rest, right is what puts it together.

/** column and row of each package; one that is not named here gets a place below the others */
const places = {
  protocol: [0, 0],
  ws: [1, 0],
  sockjs: [2, 0],
  client: [1.6, 0.95],
  wire: [0, 1.8],
  hub: [1, 1.8],
  brokers: [2, 1.8],
  server: [3, 0.35],
  cli: [4, 0.8],
};
const box = { width: 110, height: 40 };
const step = { x: 180, y: 90 };
const margin = 30;

/** An SVG picture of `packages` (names) and `edges` ([from, to]: from imports to). */
export function drawArrows(packages, edges) {
  const drawn = packages.filter((name) => name !== "testkit").toSorted();
  const at = new Map(drawn.map((name, index) => [name, centre(places[name] ?? [index, 3])]));
  const width = Math.max(...[...at.values()].map(({ x }) => x)) + box.width / 2 + margin;
  const height = Math.max(...[...at.values()].map(({ y }) => y)) + box.height / 2 + margin + step.y / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Which package imports which">
<style>
  rect { fill: #f4f6fa; stroke: #5b6b85 } text { font: 15px system-ui, sans-serif; fill: #1d2433; text-anchor: middle } path { stroke: #5b6b85; fill: none; stroke-width: 1.5 } #tip path { fill: #5b6b85; stroke: none }
  @media (prefers-color-scheme: dark) { rect { fill: #232a36; stroke: #93a3bd } text { fill: #e8ecf3 } path { stroke: #93a3bd } #tip path { fill: #93a3bd } }
</style>
<defs><marker id="tip" markerWidth="10" markerHeight="8" refX="9" refY="4" orient="auto"><path d="M0 0 10 4 0 8z"/></marker></defs>
${edges
  .filter(([from, to]) => at.has(from) && at.has(to))
  .map(([from, to]) => arrow(at.get(from), at.get(to)))
  .join("\n")}
${[...at].map(([name, place]) => room(name, place)).join("\n")}
</svg>
`;
}

const centre = ([column, row]) => ({ x: margin + box.width / 2 + column * step.x, y: margin + box.height / 2 + row * step.y });

const room = (name, { x, y }) =>
  `<rect x="${x - box.width / 2}" y="${y - box.height / 2}" width="${box.width}" height="${box.height}" rx="8"/><text x="${x}" y="${y + 5}">${name}</text>`;

/** From the left side of the importing box to the right side of the imported one; bent around the boxes between. */
function arrow(from, to) {
  const start = { x: from.x - box.width / 2, y: from.y };
  const end = { x: to.x + box.width / 2, y: to.y };
  const isNear = start.x - end.x <= step.x - box.width;
  const isFree = Math.abs(from.y - to.y) > box.height / 2 && start.x - end.x < 2 * step.x;
  if (isNear || isFree) return `<path marker-end="url(#tip)" d="M${start.x} ${start.y} L${end.x} ${end.y}"/>`;
  const bend = Math.max(from.y, to.y) + step.y * 0.7;
  return `<path marker-end="url(#tip)" d="M${start.x} ${start.y} C${start.x - 60} ${bend} ${end.x + 60} ${bend} ${end.x} ${end.y}"/>`;
}
