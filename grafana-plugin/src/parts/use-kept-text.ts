/** A text that is kept in the browser while somebody writes it: going elsewhere, or a reload, loses nothing. */
import { useCallback, useState } from 'react';
import { forgetOwn, readOwn, writeOwn } from './own-storage';

export function useKeptText(name: string, initial = ''): readonly [text: string, change: (text: string) => void] {
  const key = `text.${name}`;
  const [text, setText] = useState(() => readOwn(key) ?? initial);
  const change = useCallback(
    (after: string) => {
      setText(after);
      if (after === '') forgetOwn(key);
      else writeOwn(key, after);
    },
    [key],
  );
  return [text, change];
}
