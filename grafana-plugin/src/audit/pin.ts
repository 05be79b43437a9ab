/** The newest checkpoint that this browser has seen. */
import type { LogGrowth } from '@countersign/contract';
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

/**
 * In the place of `from`, of which it was shown that it only grew. False when another page of this browser has seen something else
 * meanwhile: then that is what has to be compared.
 */
export function advancePin(from: Pin | null, to: Pin): boolean {
  const kept = readPin();
  const isAsBefore = kept?.note === from?.note && kept?.verifierKey === from?.verifierKey;
  if (isAsBefore && (from === null || sizeOf(to) > sizeOf(from))) replacePin(to);
  return isAsBefore;
}

export const pinOf = ({ checkpoint, verifier_key }: LogGrowth): Pin => ({
  note: checkpoint,
  verifierKey: verifier_key,
  seenAt: new Date().toISOString(),
});

/** Whatever was kept: a person has said that it is right. */
export function replacePin(pin: Pin): void {
  try {
    window.localStorage.setItem(storedUnder(), JSON.stringify(pin));
  } catch {
    // Without storage nothing is kept, and nothing else is lost.
  }
}
