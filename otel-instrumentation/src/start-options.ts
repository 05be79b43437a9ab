/** How a service starts this package. */
import { usualDirectory, type Place } from './backlog.ts';

export interface StartOptions {
  /** Who sends, as CloudEvents' source. */
  readonly source: string;
  /** `nats://host:port`. By default NATS_URL. */
  readonly natsUrl?: string;
  /** By default NATS_USER and NATS_PASSWORD. */
  readonly user?: string;
  readonly password?: string;
  /** Most events held in memory. By default 40,000. */
  readonly queueLimit?: number;
  /**
   * Where events wait while NATS is away, and how many bytes of them (256 MiB); `false` to keep them in memory alone. By
   * default a directory of this user below COUNTERSIGN_SPOOL or the temporary directory. Inputs that are captured wait there
   * too, readable to this user only.
   */
  readonly spool?: false | { readonly directory?: string; readonly mostBytes?: number };
  /**
   * Hashes of inputs that are not captured are HMACs with this key, of at least 32 bytes, so that nobody without it can tell
   * by a hash what an input was. By default COUNTERSIGN_HASH_KEY, or what the file COUNTERSIGN_HASH_KEY_FILE holds.
   */
  readonly hashKey?: string | Uint8Array;
  /** Told of what went wrong in the background, of each kind at most once a second. By default console.warn. */
  readonly onTrouble?: (message: string) => void;
}

export const usualQueueLimit = 40_000;
const usualSpoolBytes = 256 * 1_048_576;

/** Where events wait; null when nothing is to be written to disk. */
export function placeOf({ source, spool = {} }: StartOptions, natsUrl: string): Place | null {
  if (spool === false) return null;
  const { directory = usualDirectory(source, natsUrl), mostBytes = usualSpoolBytes } = spool;
  return { directory, mostBytes };
}
