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
  const count = () => listed().filter(isPipe).length;
  return {
    get areIdle() {
      if (count() === 0) return true;
      if (!isMainThread) return false;
      // Asked for, each is in the list, so that what is more than they is something else. Not before: Node then reads and writes pipes
      // without waiting, which not every program is made for.
      const { stdin, stdout, stderr } = process;
      const outputs = [stdout, stderr].filter(({ fd, destroyed }) => !destroyed && isStream(fd)).length;
      const inputs = !stdin.destroyed && isStream(0) ? 1 : 0;
      return count() <= outputs + inputs && !isRead(stdin);
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
