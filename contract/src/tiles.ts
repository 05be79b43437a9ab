/** Names of tiles: C2SP tlog-tiles. A tile has 256 hashes of its level, or the entries they are of. */

export const tileWidth = 256;

export interface Tile {
  /** Level 0 hashes are leaves; `entries` are what they were hashed from. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 256, or less for the last of its level. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits: 1234067 is x001/x234/067. */
export function tilePath({ level, index, width }: Tile): string {
  const groups = String(index)
    .padStart(Math.ceil(String(index).length / 3) * 3, '0')
    .match(/\d{3}/g);
  const name = (groups ?? []).map((group, i, all) => (i < all.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${name}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** Null unless the path is what `tilePath` would write. */
export function parseTilePath(path: string): Tile | null {
  const parts = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (parts === null) return null;
  const [, level = '', name = '', width] = parts;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(name.replaceAll(/[x/]/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  };
  const known =
    (tile.level === 'entries' || tile.level <= 63) &&
    tile.width >= 1 &&
    tile.width <= tileWidth &&
    Number.isSafeInteger(tile.index);
  return known && tilePath(tile) === path ? tile : null;
}
