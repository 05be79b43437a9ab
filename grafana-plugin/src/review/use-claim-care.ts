/** Keeps a claim while its page is in front, gives it up when it is not, and says meanwhile that somebody is looking. */
import { config } from '@grafana/runtime';
import type { Lease } from '@countersign/contract';
import { useEffect, useRef } from 'react';
import { look, pageId, renewClaim, turnAway } from '../api/reviews';
import { proxyPath } from '../api/client';

/** At the latest; a short lease is renewed three times while it holds. */
const renewEveryMs = 60_000;
const lookEveryMs = 10_000;
/** Somebody who looks something up in another window keeps the case; somebody who has left does not. */
const awayForMs = 120_000;
/** A lease with so much of it left was claimed a moment ago. */
const freshShare = 0.9;

/** `lease` is null while the person does not hold the case; `leaseMs` is how long a renewed one holds. */
export function useClaimCare(decisionId: string | undefined, lease: Lease | null, leaseMs: number): void {
  const held = lease !== null;
  const until = useRef(0);
  useEffect(() => {
    until.current = lease === null ? 0 : Date.parse(lease.until);
  });
  useEffect(() => {
    if (decisionId === undefined || !held) return undefined;
    let away: ReturnType<typeof setTimeout> | undefined;
    let heldUntil = Date.now() + leaseMs;
    // One that has run out is not taken again behind the person's back: the case says that it is free, or who has it now.
    const renew = () => {
      const asked = Date.now();
      if (document.visibilityState !== 'visible' || asked >= heldUntil) return;
      renewClaim(decisionId)
        .then(() => (heldUntil = asked + leaseMs))
        .catch(() => undefined);
    };
    const release = () => {
      heldUntil = 0;
      // Refused when it was decided meanwhile, which is the usual way to leave a case.
      void turnAway(decisionId).catch(() => undefined);
    };
    // It may have been held by the page before this one, which has said that it goes. One that was just claimed holds.
    if (until.current - Date.now() < leaseMs * freshShare) renew();
    const renewal = setInterval(renew, Math.min(renewEveryMs, leaseMs / 3));
    const onVisibility = () => {
      clearTimeout(away);
      if (document.visibilityState === 'visible') renew();
      else away = setTimeout(release, awayForMs);
    };
    document.addEventListener('visibilitychange', onVisibility);
    // The page is going, or is loaded anew: nothing that waits for an answer would get out.
    const onLeave = () => {
      void fetch(`${config.appSubUrl}/${proxyPath}/v1/reviews/cases/${decisionId}/leave`, {
        method: 'POST',
        body: JSON.stringify({ page: pageId }),
        headers: { 'content-type': 'application/json' },
        keepalive: true,
      }).catch(() => undefined);
    };
    window.addEventListener('pagehide', onLeave);
    return () => {
      clearInterval(renewal);
      clearTimeout(away);
      document.removeEventListener('visibilitychange', onVisibility);
      window.removeEventListener('pagehide', onLeave);
      release();
    };
  }, [decisionId, held, leaseMs]);
}

/** Others see that the case is on this screen. */
export function useLooking(decisionId: string | undefined): void {
  useEffect(() => {
    if (decisionId === undefined) return undefined;
    const say = () => {
      if (document.visibilityState === 'visible') void look(decisionId).catch(() => undefined);
    };
    say();
    const timer = setInterval(say, lookEveryMs);
    return () => clearInterval(timer);
  }, [decisionId]);
}
