/** What the browser keeps of one person: another who logs in to it sees nothing of theirs. Without storage nothing is kept. */
import { config } from '@grafana/runtime';

const keyOf = (name: string) => `countersign.${config.bootData.user.orgId}.${config.bootData.user.login}.${name}`;

/** Null when nothing is kept under the name. */
export function readOwn(name: string): string | null {
  try {
    return window.localStorage.getItem(keyOf(name));
  } catch {
    return null;
  }
}

export function writeOwn(name: string, text: string): void {
  try {
    window.localStorage.setItem(keyOf(name), text);
  } catch {
    // A full or forbidden storage must not get in the way: the text lives as long as the page.
  }
}

export function forgetOwn(name: string): void {
  try {
    window.localStorage.removeItem(keyOf(name));
  } catch {
    // What cannot be kept need not be thrown away.
  }
}
