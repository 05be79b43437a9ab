import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connect, type Connector, type Frame, type Point, type Rect } from './layout';
import { bands, lanes, linkKinds, type Box, type Link, type LinkName, type Side } from './structure';

/** Boxes as many as the policy may have of them; what they say does not matter here. */
const someBoxes = fc
  .record({ sources: fc.nat(4), decisions: fc.integer({ min: 1, max: 4 }), told: fc.nat(4), harms: fc.nat(4) })
  .map((counts) => boxesOf(counts));
const boxesOf = (counts: { sources: number; decisions: number; told: number; harms: number }): Box[] => {
  const { sources, decisions, told, harms } = counts;
  return [
    ...several('source', 'data', 0, sources),
    ...several('outcomes', 'data', 1, 1),
    ...several('decision', 'ai', 0, decisions),
    ...several('alone', 'ai', 1, 1),
    ...several('service', 'ai', 1, 1),
    ...several('rule', 'policy', 0, 3),
    ...several('breaker', 'policy', 1, 1),
    ...several('alerts', 'policy', 1, 1),
    ...several('queue', 'people', 0, 1),
    ...several('roles', 'people', 0, 1),
    ...several('told', 'people', 1, told + 1),
    ...several('harm', 'harms', 1, harms),
  ];
};
const several = (name: string, lane: Box['lane'], band: Box['band'], count: number): Box[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}-${i}`, lane, band, content: { is: 'service' } }));

/** Which kind of link is between which boxes. */
const ways: Record<Exclude<LinkName, 'climbs'>, [string, string]> = {
  reads: ['source', 'decision'],
  learns: ['outcomes', 'decision'],
  proposes: ['decision', 'rule'],
  permits: ['rule', 'breaker'],
  asks: ['rule', 'queue'],
  stops: ['breaker', 'queue'],
  hands: ['queue', 'roles'],
  passes: ['breaker', 'alone'],
  acts: ['alone', 'service'],
  judges: ['roles', 'service'],
  measures: ['outcomes', 'alerts'],
  reports: ['service', 'outcomes'],
  reaches: ['service', 'harm'],
  complains: ['harm', 'outcomes'],
  opens: ['alerts', 'breaker'],
  tells: ['alerts', 'told-0'],
};
function linksBetween(boxes: readonly Box[]): Link[] {
  const named = (name: string) => boxes.filter(({ id }) => id === name || id.startsWith(`${name}-`));
  return Object.entries(ways).flatMap(([kind, [from, to]]) =>
    named(from).flatMap((one) =>
      named(to).map((other) => ({ kind: kind as LinkName, from: one.id, to: other.id, flows: true })),
    ),
  );
}

const sizes = fc.record({
  lane: fc.integer({ min: 80, max: 240 }),
  gutter: fc.integer({ min: 28, max: 64 }),
  heights: fc.array(fc.integer({ min: 32, max: 300 }), { minLength: 8, maxLength: 8 }),
});
type Sizes = { lane: number; gutter: number; heights: number[] };
const between = 24;

/** As the style sheet lays them out: a column a lane, a row a band, and the boxes of each in the middle of their cell. */
function across(boxes: readonly Box[], { lane, gutter, heights }: Sizes): Frame {
  const heightOf = (box: Box) => heights[boxes.indexOf(box) % heights.length] ?? 0;
  const cellOf = (column: string, band: number) => boxes.filter((box) => box.lane === column && box.band === band);
  const heightOfCell = (cell: readonly Box[]) =>
    cell.reduce((sum, box) => sum + heightOf(box), between * Math.max(0, cell.length - 1));
  const columns = lanes.map((_, i) => ({
    start: gutter / 2 + i * (lane + gutter),
    end: (i + 1) * (lane + gutter) - gutter / 2,
  }));
  const placed = new Map<string, Rect>();
  const rows: { start: number; end: number }[] = [];
  let top = 40;
  for (const band of bands) {
    const height = Math.max(...lanes.map((name) => heightOfCell(cellOf(name, band))));
    lanes.forEach((name, i) => {
      const { start = 0, end = 0 } = columns[i] ?? {};
      let y = top + (height - heightOfCell(cellOf(name, band))) / 2;
      for (const box of cellOf(name, band)) {
        placed.set(box.id, { left: start, right: end, top: y, bottom: y + heightOf(box) });
        y += heightOf(box) + between;
      }
    });
    rows.push({ start: top, end: top + height });
    top += height + 40;
  }
  return { width: lanes.length * (lane + gutter), height: top, lanes: columns, bands: rows, boxes: placed };
}

const legs = ({ points }: Connector): [Point, Point][] =>
  points.slice(1).map((to, i) => [points[i] ?? to, to] as [Point, Point]);

function isAtEdge({ x, y }: Point, rect: Rect, side: Side): boolean {
  if (side === 'left' || side === 'right') return x === rect[side] && rect.top < y && y < rect.bottom;
  return y === rect[side] && rect.left < x && x < rect.right;
}

/** More than at its edge. */
const isThrough = ([a, b]: [Point, Point], { left, top, right, bottom }: Rect): boolean =>
  Math.max(a.x, b.x) > left && Math.min(a.x, b.x) < right && Math.max(a.y, b.y) > top && Math.min(a.y, b.y) < bottom;

it('draws every link from edge to edge, straight up or across, past every box, and within the picture', () => {
  fc.assert(
    fc.property(someBoxes, sizes, (boxes, size) => {
      const [links, frame] = [linksBetween(boxes), across(boxes, size)];
      const connectors = connect(boxes, links, frame);
      expect(connectors.map(({ link }) => link)).toEqual(links);
      for (const connector of connectors) {
        const { link, points } = connector;
        const { leaves, enters } = linkKinds[link.kind];
        const [from, to] = [frame.boxes.get(link.from), frame.boxes.get(link.to)];
        const [first, last] = [points[0], points.at(-1)];
        if (!from || !to || !first || !last) throw new Error('a link of boxes without a place');
        expect([isAtEdge(first, from, leaves), isAtEdge(last, to, enters)]).toEqual([true, true]);
        for (const leg of legs(connector)) {
          expect(leg[0].x === leg[1].x || leg[0].y === leg[1].y).toBe(true);
          expect([...frame.boxes].filter(([, rect]) => isThrough(leg, rect))).toEqual([]);
        }
        for (const { x, y } of points) {
          expect([x >= 0, x <= frame.width, y >= 0, y <= frame.height]).toEqual([true, true, true, true]);
        }
      }
    }),
    // A link that was made straight ended beside a box that is not as high as most.
    {
      examples: [
        [
          boxesOf({ sources: 1, decisions: 4, told: 0, harms: 0 }),
          { lane: 80, gutter: 28, heights: [32, 32, 131, 32, 36, 37, 32, 32] },
        ],
      ],
    },
  );
});

it('keeps the trunks of different links apart', () => {
  fc.assert(
    fc.property(someBoxes, sizes, (boxes, size) => {
      const connectors = connect(boxes, linksBetween(boxes), across(boxes, size));
      const trunks = connectors.flatMap((connector) =>
        legs(connector)
          .filter(([a, b]) => a.x === b.x && a.y !== b.y)
          .map(([a, b]) => ({
            kind: connector.link.kind,
            x: a.x,
            top: Math.min(a.y, b.y),
            bottom: Math.max(a.y, b.y),
          })),
      );
      for (const one of trunks) {
        const within = trunks.filter(
          ({ kind, x, top, bottom }) => kind !== one.kind && x === one.x && top < one.bottom && one.top < bottom,
        );
        expect(within).toEqual([]);
      }
    }),
  );
});

it('draws only links between neighbours when the lanes are one above the other', () => {
  const boxes = [
    ...several('queue', 'people', 0, 1),
    ...several('roles', 'people', 0, 1),
    ...several('told', 'people', 1, 2),
  ];
  const rectOf = (i: number): Rect => ({ left: 12, right: 132, top: 100 * i, bottom: 100 * i + 70 });
  const whole = { start: 12, end: 132 };
  const frame: Frame = {
    width: 144,
    height: 400,
    lanes: [whole, whole],
    bands: [],
    boxes: new Map(boxes.map(({ id }, i) => [id, rectOf(i)])),
  };
  const link = (kind: LinkName, from: string, to: string): Link => ({ kind, from, to, flows: true });
  const near = link('hands', 'queue-0', 'roles-0');
  const upwards = link('opens', 'told-1', 'told-0');
  expect(connect(boxes, [near, upwards, link('asks', 'queue-0', 'told-1')], frame)).toEqual([
    {
      link: near,
      points: [
        { x: 108, y: 70 },
        { x: 108, y: 100 },
      ],
    },
    {
      link: upwards,
      points: [
        { x: 108, y: 300 },
        { x: 108, y: 270 },
      ],
    },
  ]);
});
