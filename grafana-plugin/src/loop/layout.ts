/**
 * Where the connectors of the picture run. Boxes are laid out by the browser, in columns of lanes and rows of bands; from
 * their places this works out lines that leave and enter boxes at their edges and otherwise keep to the gutters between
 * lanes and to the gaps beneath bands, so that none crosses a box. Links of a kind share a trunk.
 */
import { lanes, linkKinds, type Box, type Link, type LinkName, type Side } from './structure';

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
interface Span {
  readonly start: number;
  readonly end: number;
}

/** All in pixels from the upper left corner of the picture. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Of the room for boxes, one each. */
  readonly lanes: readonly Span[];
  readonly bands: readonly Span[];
  readonly boxes: ReadonlyMap<string, Rect>;
}

export interface Connector {
  readonly link: Link;
  readonly points: readonly Point[];
}

interface Placed extends Link {
  readonly source: Box & { readonly rect: Rect };
  readonly target: Box & { readonly rect: Rect };
}

/** Lines for all links whose boxes have a place. */
export function connect(boxes: readonly Box[], links: readonly Link[], frame: Frame): Connector[] {
  const placed = links.flatMap((link): Placed[] => {
    const [source, target] = [link.from, link.to].map((id) => {
      const [box, rect] = [boxes.find((one) => one.id === id), frame.boxes.get(id)];
      return box && rect && { ...box, rect };
    });
    return source && target ? [{ ...link, source, target }] : [];
  });
  const connectors = isStacked(frame) ? downwards(boxes, placed) : across(placed, frame);
  return connectors.map(({ link: { kind, from, to, flows }, points }) => ({ link: { kind, from, to, flows }, points }));
}

/** With little room the lanes are one above the other. */
const isStacked = ({ lanes: [first, second] }: Frame): boolean => first?.start === second?.start;

/** Only between neighbours: a line past other boxes would need room beside them. */
function downwards(boxes: readonly Box[], links: readonly Placed[]): Connector[] {
  const place = new Map(boxes.map(({ id }, i) => [id, i]));
  return links.flatMap((link) => {
    const { rect: from } = link.source;
    const { rect: to } = link.target;
    const step = (place.get(link.to) ?? 0) - (place.get(link.from) ?? 0);
    if (Math.abs(step) !== 1) return [];
    const x = from.right - Math.min(inset, (from.right - from.left) / 2);
    const [start, end] = step === 1 ? [from.bottom, to.top] : [from.top, to.bottom];
    return [
      {
        link,
        points: [
          { x, y: start },
          { x, y: end },
        ],
      },
    ];
  });
}
/** From the right edge, where no heading is. */
const inset = 24;

function across(links: readonly Placed[], frame: Frame): Connector[] {
  const gapOf = gapTracks(links, frame);
  const ports = portsOf(links, gapOf);
  const ends = (link: Placed) => {
    const start = ports(link, 'source');
    const end = ports(link, 'target');
    const isOnlyOne = links.every(({ kind, to, from }) => kind !== link.kind || to !== link.to || from === link.from);
    // So little that it would only look crooked.
    const { top, bottom } = link.target.rect;
    const isBeside = start.y > top && start.y < bottom;
    const isNearly = isOnlyOne && isBeside && gapOf(link) === null && Math.abs(start.y - end.y) <= straightened;
    return isNearly ? { start, end: { x: end.x, y: start.y } } : { start, end };
  };
  const trunkOf = gutterTracks(links, frame, (link) => ({ ...ends(link), gap: gapOf(link) }));
  return links.map((link) => {
    const { start, end } = ends(link);
    const gap = gapOf(link);
    if (isUpright(link)) return { link, points: [start, { x: start.x, y: end.y }] };
    const [out, back] = [trunkOf(link, 'source'), trunkOf(link, 'target')];
    if (gap !== null) {
      const way = [start, { x: out, y: start.y }, { x: out, y: gap }, { x: back, y: gap }, { x: back, y: end.y }, end];
      return { link, points: way };
    }
    if (start.y === end.y && start.x !== end.x) return { link, points: [start, end] };
    return { link, points: [start, { x: out, y: start.y }, { x: out, y: end.y }, end] };
  });
}
const straightened = 12;

type EndName = 'source' | 'target';
const sideOf = ({ kind }: Link, end: EndName): Side => linkKinds[kind][end === 'source' ? 'leaves' : 'enters'];
const isUpright = (link: Link): boolean => ['top', 'bottom'].includes(sideOf(link, 'source'));

/** Gutter 0 is before the first lane, and each other behind a lane. */
const gutterOf = (link: Placed, end: EndName): number =>
  lanes.indexOf(link[end].lane) + (sideOf(link, end) === 'right' ? 1 : 0);

/** The y in its gap of each link that has to pass other lanes; null of the others. */
function gapTracks(links: readonly Placed[], frame: Frame): (link: Placed) => number | null {
  const bandOf = (link: Placed) => {
    const kind = linkKinds[link.kind];
    return 'beneath' in kind ? kind.beneath : null;
  };
  const tracks = trunksOf(links, (link) => {
    const band = bandOf(link);
    const gutters = [gutterOf(link, 'source'), gutterOf(link, 'target')];
    return band === null ? [] : [{ channel: band, values: gutters }];
  });
  return (link) => {
    const band = bandOf(link);
    if (band === null) return null;
    const start = frame.bands[band]?.end ?? frame.height;
    const end = frame.bands[band + 1]?.start ?? frame.height;
    return start + (end - start) * tracks(band, link.kind);
  };
}

/** The x of each link's trunk in the gutter at that end. */
function gutterTracks(
  links: readonly Placed[],
  frame: Frame,
  of: (link: Placed) => { start: Point; end: Point; gap: number | null },
): (link: Placed, end: EndName) => number {
  const tracks = trunksOf(links, (link) => {
    if (isUpright(link)) return [];
    const { start, end, gap } = of(link);
    return [
      { channel: gutterOf(link, 'source'), values: [start.y, gap ?? end.y] },
      { channel: gutterOf(link, 'target'), values: [gap ?? start.y, end.y] },
    ];
  });
  return (link, end) => {
    const gutter = gutterOf(link, end);
    const left = frame.lanes[gutter - 1]?.end ?? 0;
    const right = frame.lanes[gutter]?.start ?? frame.width;
    return left + (right - left) * tracks(gutter, link.kind);
  };
}

interface Reach {
  readonly channel: number;
  readonly values: readonly number[];
}

/** Trunks of one channel that would meet lie beside each other: where each lies, as a share of the channel's breadth. */
function trunksOf(
  links: readonly Placed[],
  reachesOf: (link: Placed) => readonly Reach[],
): (channel: number, kind: LinkName) => number {
  const reaches = links.flatMap((link) => reachesOf(link).map((reach) => ({ ...reach, kind: link.kind })));
  const shares = new Map<string, number>();
  for (const [channel, inChannel] of Map.groupBy(reaches, (reach) => reach.channel)) {
    const tracks: { kind: LinkName; start: number; end: number }[][] = [];
    for (const kind of Object.keys(linkKinds) as LinkName[]) {
      const values = inChannel.filter((reach) => reach.kind === kind).flatMap((reach) => reach.values);
      if (values.length === 0) continue;
      const trunk = { kind, start: Math.min(...values), end: Math.max(...values) };
      const free = tracks.find((track) => track.every((other) => other.end < trunk.start || trunk.end < other.start));
      if (free === undefined) tracks.push([trunk]);
      else free.push(trunk);
    }
    tracks.forEach((track, i) => {
      for (const { kind } of track) shares.set(`${channel} ${kind}`, (i + 1) / (tracks.length + 1));
    });
  }
  return (channel, kind) => shares.get(`${channel} ${kind}`) ?? 0.5;
}

/** Where links touch their boxes: each kind at a place of its own, in the order of where they lead. */
function portsOf(
  links: readonly Placed[],
  gapOf: (link: Placed) => number | null,
): (link: Placed, end: EndName) => Point {
  const touching = links.flatMap((link) =>
    (['source', 'target'] as const).map((end) => {
      const other = link[end === 'source' ? 'target' : 'source'].rect;
      return { side: `${link[end].id} ${sideOf(link, end)}`, kind: link.kind, leadsTo: gapOf(link) ?? middle(other) };
    }),
  );
  const orders = new Map<string, LinkName[]>();
  for (const [side, ends] of Map.groupBy(touching, (one) => one.side)) {
    const kinds = [...Map.groupBy(ends, ({ kind }) => kind)].map(([kind, of]) => ({
      kind,
      leadsTo: of.reduce((sum, one) => sum + one.leadsTo, 0) / of.length,
    }));
    const sorted = kinds.toSorted((a, b) => a.leadsTo - b.leadsTo).map(({ kind }) => kind);
    orders.set(side, sorted);
  }
  return (link, end) => {
    const { id, rect } = link[end];
    const side = sideOf(link, end);
    const order = orders.get(`${id} ${side}`) ?? [];
    const share = (order.indexOf(link.kind) + 1) / (order.length + 1);
    if (side === 'top' || side === 'bottom') return { x: (rect.left + rect.right) / 2, y: rect[side] };
    return { x: rect[side], y: rect.top + (rect.bottom - rect.top) * share };
  };
}

const middle = ({ top, bottom }: Rect): number => (top + bottom) / 2;
