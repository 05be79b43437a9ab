/** A text that is kept in the browser while somebody writes it: going elsewhere, or a reload, loses nothing. */
import { useCallback, useState } from 'react';

export function useKeptText(name: string, initial = ''): readonly [text: string, change: (text: string) => void] {
  const key = `countersign.text.${name}`;
  const [text, setText] = useState(() => read(key) ?? initial);
  const change = useCallback(
    (after: string) => {
      setText(after);
      try {
        if (after === '') window.localStorage.removeItem(key);
        else window.localStorage.setItem(key, after);
      } catch {
        // Without storage a text lives as long as the page.
      }
    },
    [key],
  );
  return [text, change];
}

function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}
