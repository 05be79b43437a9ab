/** What goes wrong in the background, as it is said: seldom, but so that nothing that is said once is lost. */

/** Told what went wrong: an error, a text, or what makes one, and by what it is known again, if not by its text. */
export type Trouble = (trouble: unknown, kind?: string) => void;

const everyMs = 1_000;
/** More kinds within a second are taken for one. */
const mostKinds = 100;

/**
 * Of many alike the first is said at once, and the last when a second is over; a function says how things are by then.
 * Never throws, whatever `say` does: it is the service's.
 */
export function oncePerSecondEach(say: (message: string) => void): Trouble {
  /** Of each kind that was said within the last second, what came since. */
  const since = new Map<string, readonly unknown[]>();
  const tell: Trouble = (trouble, given) => {
    // Made into words only when it is said: some services do wrong with every decision.
    const text = given !== undefined && since.has(given) ? '' : textOf(trouble);
    const kind = given ?? (since.size < mostKinds ? text.replaceAll(/\d+/g, '').slice(0, 60) : '');
    if (since.has(kind)) {
      since.set(kind, [trouble]);
      return;
    }
    since.set(kind, []);
    setTimeout(() => {
      const last = since.get(kind) ?? [];
      since.delete(kind);
      for (const one of last) tell(one, given);
    }, everyMs).unref();
    try {
      const said: unknown = say(`countersign: ${text}`);
      if (said instanceof Promise) said.catch(() => undefined);
    } catch {
      // Nobody is left to tell.
    }
  };
  return tell;
}

/** What a service throws may be anything, also what cannot be read. */
function textOf(trouble: unknown): string {
  try {
    const said: unknown = typeof trouble === 'function' ? trouble() : trouble;
    return said instanceof Error ? said.message : String(said);
  } catch {
    return 'something went wrong, which cannot be said';
  }
}
