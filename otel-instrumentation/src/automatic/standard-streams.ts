/**
 * Which of the pipes and terminals that a process holds keep it alive. Node lists those of its standard streams as active whether
 * anybody reads or writes them or not, and makes each when it is first asked for.
 */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';

const kinds = new Set(['PipeWrap', 'TTYWrap']);

export const isPipe = (resource: string): boolean => kinds.has(resource);

/** Whether a process holds any pipe or terminal but standard streams that nobody reads: a peer's, or that of its parent. */
export function pipesOf(listed: () => readonly string[]): { readonly areIdle: boolean } {
  // Made now, so that they are always in the list.
  const outputs = isMainThread ? [process.stdout, process.stderr].filter(({ fd }) => isStream(fd)).length : 0;
  const count = () => listed().filter(isPipe).length - outputs;
  return {
    get areIdle() {
      const others = count();
      if (others <= 0) return true;
      if (others > 1 || !isMainThread || !isStream(0)) return false;
      // Either this is standard input, which the service has asked for then, or it is one more from now on.
      const { stdin } = process;
      return !isRead(stdin) && count() <= (stdin.destroyed ? 0 : 1);
    },
  };
}

/** By a callback, a pipe or a loop; who only looked whether it is a terminal reads nothing. */
const isRead = (stream: NodeJS.ReadStream): boolean =>
  !stream.readableEnded && (stream.readableFlowing === true || stream.listenerCount('readable') > 0);

/** What Node makes a stream of with a handle that is listed. */
function isStream(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return isatty(fd) || found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}
