/**
 * Grafana's own keys that are there on every page, as its keybindingSrv binds them: heard on the document, when nobody types.
 * An app that uses the same ones has to take them first.
 */
import { locationService } from '@grafana/runtime';

export interface GrafanaKeys {
  readonly onHelp: () => void;
  readonly onTheme: () => void;
}

/** Keys that follow each other within this belong together. */
const sequenceMs = 1_000;

export function bindGrafanaKeys({ onHelp, onTheme }: GrafanaKeys): () => void {
  const keys: Readonly<Record<string, () => void>> = {
    '?': onHelp,
    'c r': onTheme,
    'c t': onTheme,
    'g h': () => locationService.push('/'),
    Escape: () => locationService.partial({ kiosk: null }),
  };
  let before = { key: '', at: Number.NEGATIVE_INFINITY };
  const onKey = (event: KeyboardEvent) => {
    const { target, key, timeStamp: at } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isText = target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
    // Grafana hears Escape everywhere.
    if (isText && key !== 'Escape') return;
    const sequence = at - before.at < sequenceMs ? `${before.key} ${key}` : key;
    before = { key, at };
    (keys[sequence] ?? keys[key])?.();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
