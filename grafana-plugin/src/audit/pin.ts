/** The newest checkpoint that this browser has seen. */
import { config } from '@grafana/runtime';
import { isWhole, sizeOf, type Pin } from './growth';

/** By organisation: each has a daemon of its own. */
const storedUnder = () => `countersign.checkpoint.${config.bootData.user.orgId}`;

export function readPin(): Pin | null {
  try {
    const stored = JSON.parse(window.localStorage.getItem(storedUnder()) ?? 'null') as Partial<Pin> | null;
    const { note, verifierKey, seenAt } = stored ?? {};
    if (typeof note !== 'string' || typeof verifierKey !== 'string') return null;
    const pin = { note, verifierKey, seenAt: seenAt ?? '' };
    return isWhole(pin) ? pin : null;
  } catch {
    // Storage is off or the text is damaged: as if nothing had been seen.
    return null;
  }
}

/** Never in the place of a larger one: another page of this browser may have seen more. */
export function writePin(pin: Pin): void {
  const kept = readPin();
  if (kept !== null && kept.verifierKey === pin.verifierKey && sizeOf(kept) >= sizeOf(pin)) return;
  try {
    window.localStorage.setItem(storedUnder(), JSON.stringify(pin));
  } catch {
    // Without storage nothing is kept, and nothing else is lost.
  }
}
