/** What the browser keeps of one person: another who logs in to it sees nothing of theirs. Without storage nothing is kept. */
import { config } from '@grafana/runtime';

const keyOf = (name: string) => `countersign.${config.bootData.user.orgId}.${config.bootData.user.login}.${name}`;

interface OwnStorage {
  /** Null when nothing is kept under the name. */
  read(name: string): string | null;
  /** As `read`, of what was written as JSON; null, too, when it is damaged. What it holds is for the reader to check. */
  readJson(name: string): unknown;
  write(name: string, text: string): void;
  forget(name: string): void;
}

function ownStorage(storage: () => Storage): OwnStorage {
  const read = (name: string): string | null => {
    try {
      return storage().getItem(keyOf(name));
    } catch {
      return null;
    }
  };
  return {
    read,
    readJson: (name) => {
      try {
        return JSON.parse(read(name) ?? 'null');
      } catch {
        return null;
      }
    },
    write: (name, text) => {
      try {
        storage().setItem(keyOf(name), text);
      } catch {
        // A full or forbidden storage must not get in the way: the text lives as long as the page.
      }
    },
    forget: (name) => {
      try {
        storage().removeItem(keyOf(name));
      } catch {
        // What cannot be kept need not be thrown away.
      }
    },
  };
}

/** On every page, until it is forgotten. */
export const ofBrowser = ownStorage(() => window.localStorage);
/** In one tab, over a reload. */
export const ofTab = ownStorage(() => window.sessionStorage);
