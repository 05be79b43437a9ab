/** A text that is kept in the browser while somebody writes it: going elsewhere, or a reload, loses nothing. */
import { useCallback, useState } from 'react';
import { ofBrowser } from './own-storage';

type KeptText = readonly [text: string, change: (text: string) => void, forget: () => void];

/** `forget` when it is where it belongs: the text stays, and is not kept any more. */
export function useKeptText(name: string, initial = ''): KeptText {
  const key = `text.${name}`;
  const [text, setText] = useState(() => ofBrowser.read(key) ?? initial);
  const forget = useCallback(() => ofBrowser.forget(key), [key]);
  const change = useCallback(
    (after: string) => {
      setText(after);
      if (after === '') ofBrowser.forget(key);
      else ofBrowser.write(key, after);
    },
    [key],
  );
  return [text, change, forget];
}
