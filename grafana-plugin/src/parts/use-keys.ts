/**
 * Single keys for those who work here all day. Silent while somebody types, in a dialog, and with a modifier held. What is
 * taken here is heard before Grafana's own keys, and not by them: C and then R would change the theme.
 */
import { useEffect, useLayoutEffect, useRef } from 'react';

export type Keys = Readonly<Record<string, () => void>>;

/** Grafana goes elsewhere by G and another letter, for as long as it waits for that. */
const grafanas = { key: 'g', waitMs: 1_000 };
/** Who types on when the field is gone has not chosen a key: only after a pause have they seen it. */
const pauseMs = 1_000;
/** Shorter for who has sent it: they know that it goes, and nobody answers sooner to what they see. */
const sentPauseMs = 250;

/** Of all that is on screen, the newest last. */
const bound: { readonly current: Keys }[] = [];

/** Binds keys by what they are labelled; "mod+Enter" is Ctrl or Cmd with Enter, and works while typing too. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  // With what is on screen, and not a moment after it: a key that follows at once means what is seen.
  useLayoutEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (bound.length === 0) window.addEventListener('keydown', onKey, { capture: true });
    bound.push(current);
    return () => {
      bound.splice(bound.indexOf(current), 1);
      if (bound.length === 0) window.removeEventListener('keydown', onKey, { capture: true });
    };
  }, []);
}

/** Where somebody typed last and when, and how long a pause it takes after it. */
let typed: { readonly into: HTMLElement; readonly at: number; readonly pauseMs: number } | null = null;
/** When Grafana's key was pressed that waits for another. */
let startedAt = Number.NEGATIVE_INFINITY;

function onKey(event: KeyboardEvent): void {
  const { target, timeStamp: at } = event;
  if (event.repeat || event.isComposing || document.querySelector('[role="dialog"]') !== null) return;
  const modified = event.ctrlKey || event.metaKey;
  if (!modified && isTyping(target)) {
    typed = { into: target, at, pauseMs };
    // A list that is open is closed first.
    const isOpen = target.getAttribute('aria-expanded') === 'true';
    if (event.key !== 'Escape' || isOpen) return;
    // Leaves the text, and not what Grafana would leave: its kiosk mode.
    typed = null;
    const home = target.closest<HTMLElement>('[data-keys-home]');
    // So that the keys that scroll do, where the text stands in something that is scrolled.
    if (home === null) target.blur();
    else home.focus({ preventScroll: true });
    event.stopPropagation();
    return;
  }
  // Whoever sends what they have typed may have a letter more on the way.
  if (modified) typed = isTyping(target) ? { into: target, at, pauseMs: sentPauseMs } : null;
  if (typed !== null && !typed.into.isConnected && at - typed.at < typed.pauseMs) {
    typed = { ...typed, at };
    event.stopPropagation();
    return;
  }
  const name = modified ? `mod+${event.key}` : keyName(event);
  const act = bound.findLast(({ current }) => current[name] !== undefined)?.current[name];
  const isGrafanas = at - startedAt < grafanas.waitMs;
  startedAt = act === undefined && name === grafanas.key ? at : Number.NEGATIVE_INFINITY;
  if (event.altKey || act === undefined || isGrafanas || (!modified && isPressing(event))) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>;

/**
 * What a pressed key is called here: with Caps Lock on a letter is still that letter, and where the letters are not Latin ones
 * it is the one that a Latin keyboard has in that place. With Shift held a letter is none of ours.
 */
export function keyName({ key, code, shiftKey }: Pressed): string {
  if (!/^\p{Letter}$/u.test(key)) return key;
  if (shiftKey) return key.toUpperCase();
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}

const isTyping = (target: EventTarget | null): target is HTMLElement =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    (target instanceof HTMLInputElement && !chosenNotTyped.has(target.type)) ||
    ['TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.getAttribute('role') === 'combobox');
const chosenNotTyped = new Set(['radio', 'checkbox', 'button', 'submit', 'reset', 'file']);

/** Enter and Space belong to the button or link that has the focus. */
const isPressing = ({ target, key }: KeyboardEvent) =>
  (key === 'Enter' || key === ' ') && target instanceof HTMLElement && ['BUTTON', 'A'].includes(target.tagName);
