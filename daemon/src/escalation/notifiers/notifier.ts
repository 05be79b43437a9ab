/** What every channel can do, whatever is at its other end. */
import type { MessageKind } from '../incident.ts';
import type { Message } from '../message.ts';

export interface Delivery {
  /** The same for every attempt: the other side can tell that it has seen it. */
  readonly key: string;
  readonly message: Message;
  /** What the other side said when it was told of the incident at first; null on the first message. */
  readonly receipt: Receipt | null;
}

export type Receipt = Readonly<Record<string, string>>;

export type Sent =
  /** `problem`: the other side has it, but not for everybody. */
  | { readonly is: 'sent'; readonly receipt: Receipt | null; readonly problem?: string }
  /** It may work later. `afterMs` when the other side said when. */
  | { readonly is: 'retry'; readonly problem: string; readonly afterMs: number | null }
  /** It will not work, however often it is tried. */
  | { readonly is: 'refused'; readonly problem: string };

export interface Notifier {
  /** The messages that it has something to say for. */
  readonly tells: readonly MessageKind[];
  /** It calls somebody away from something: not for what somebody has taken on already. */
  readonly pages: boolean;
  /** Never throws. */
  send(delivery: Delivery): Promise<Sent>;
  /** What stands in the way of reaching the other side now, without telling anybody there; null when nothing does. */
  check(): Promise<string | null>;
}

/** A text cut to what a field can hold. Counted in UTF-16 units, and never within a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
