/** Quiet hours: nobody of the first two tiers is told anything in them, whoever comes after always is. Pure. */
import type { QuietHours } from '@countersign/contract';
import { quietUntil } from '../policies/index.ts';

const quietLevels = 2;

/** When a message to a tier may go, that would go at `atMs`. */
export const heldUntil = (quiet: QuietHours | null, level: number, atMs: number): number =>
  level > quietLevels || quiet === null ? atMs : (quietUntil(quiet, atMs) ?? atMs);
