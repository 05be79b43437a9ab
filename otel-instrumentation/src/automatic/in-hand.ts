/** What is known while a span begins or ends, and is not on the span. */
let current: unknown = null;
let aborting = false;

/** Runs `work`, which begins a span, with what a model or tool is given in hand: it is hashed for the record. */
export function withInputInHand<T>(input: unknown, work: () => T): T {
  const before = current;
  current = input;
  try {
    return work();
  } finally {
    current = before;
  }
}

/** As JSON; null when there is none, and for what is no JSON. */
export function inputInHand(): string | null {
  if (current === null || current === undefined) return null;
  try {
    return JSON.stringify(current) ?? null;
  } catch {
    return null;
  }
}

/** Runs `work`, which ends spans of what was called off: no answer came, and their status does not say so. */
export function whileAborting<T>(work: () => T): T {
  aborting = true;
  try {
    return work();
  } finally {
    aborting = false;
  }
}

export const isAborting = (): boolean => aborting;
