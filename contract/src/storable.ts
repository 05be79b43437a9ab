/** What every store can keep: well-formed Unicode (no lone surrogate) without U+0000, and finite numbers. */

/** The path of the first string, key or number that cannot be stored; null when all can. */
export function unstorableIn(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return isStorable(value) ? null : path;
  // JSON.parse makes an infinity of 1e400, and JSON.stringify a null of that.
  if (typeof value === 'number') return Number.isFinite(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (!isStorable(key)) return path === '' ? '(a key)' : `${path}.(a key)`;
    const found = unstorableIn(inner, at);
    if (found !== null) return found;
  }
  return null;
}

const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');
