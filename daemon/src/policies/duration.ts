/** Spans of time as people write them in a policy. */

const units: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  // Never shorter than any year is.
  year: 366 * 86_400_000,
};
const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Milliseconds; null when the text is no duration. Wants "15 minutes" and the like, or ISO 8601 days to seconds. */
export function parseDuration(text: string): number | null {
  const words = /^(\d+) (millisecond|second|minute|hour|day|week|year)s?$/.exec(text.trim());
  if (words !== null) return positive(Number(words[1]) * (units[words[2] ?? ''] ?? 0));
  const parts = iso.exec(text.trim());
  if (parts === null) return null;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return positive((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1_000);
}

const positive = (ms: number) => (ms > 0 && Number.isSafeInteger(ms) ? ms : null);

/** What to write instead, for an error message. */
export const durationHint = (text: string): string =>
  `${JSON.stringify(text)} is not a duration. Write for example "90 seconds", "15 minutes", "2 hours", "2 business hours", "3 years" or "PT2H".`;
