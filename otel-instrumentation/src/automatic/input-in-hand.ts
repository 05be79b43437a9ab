/** What a model or tool is given, while its span begins: hashed for the record, where it does not go onto the span. */
let current: unknown = null;

/** Runs `work`, which begins a span, with the input in hand. */
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
