/** Single keys for those who work here all day. Silent while somebody types, in a dialog, and with a modifier held. */
import { useEffect, useLayoutEffect, useRef } from 'react';

export type Keys = Readonly<Record<string, () => void>>;

/** Binds keys by what they are labelled; "mod+Enter" is Ctrl or Cmd with Enter, and works while typing too. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  // With what is on screen, and not a moment after it: a key that follows at once means what is seen.
  useLayoutEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || event.isComposing || document.querySelector('[role="dialog"]') !== null) return;
      const modified = event.ctrlKey || event.metaKey;
      const name = modified ? `mod+${event.key}` : keyName(event);
      if (event.altKey || (!modified && (isTyping(event.target) || isPressing(event)))) return;
      const act = current.current[name];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
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

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.getAttribute('role') === 'combobox');

/** Enter and Space belong to the button or link that has the focus. */
const isPressing = ({ target, key }: KeyboardEvent) =>
  (key === 'Enter' || key === ' ') && target instanceof HTMLElement && ['BUTTON', 'A'].includes(target.tagName);
