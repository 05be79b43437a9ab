/** Which tier of which workflow has nobody who could be reached now. Tells nobody anything. */
import type { Policies } from '../policies/index.ts';
import type { Channels } from './channels.ts';
import { escalationOf } from './escalation.ts';

export interface Preflight {
  readonly workflow_id: string;
  readonly level: number;
  readonly name: string;
  readonly channels: readonly { readonly channel: string; readonly problem: string | null }[];
  /** Somebody of this tier can be reached. */
  readonly reachable: boolean;
}

export async function preflight(policies: Policies, channels: Channels): Promise<Preflight[]> {
  const checks = new Map<string, Promise<string | null>>();
  const check = (channel: string): Promise<string | null> => {
    const known = checks.get(channel);
    if (known !== undefined) return known;
    const notifier = channels.get(channel);
    const asked =
      notifier === undefined ? Promise.resolve('there is no such channel; add it to the channels') : notifier.check();
    checks.set(channel, asked);
    return asked;
  };
  const tiers = [...policies].flatMap(([workflow_id, { policy }]) =>
    escalationOf(policy).tiers.map(async ({ name, notify }, i): Promise<Preflight> => {
      const checked = await Promise.all(notify.map(async (channel) => ({ channel, problem: await check(channel) })));
      const reachable = checked.some(({ problem }) => problem === null);
      return { workflow_id, level: i + 1, name, channels: checked, reachable };
    }),
  );
  return Promise.all(tiers);
}
