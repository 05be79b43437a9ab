/**
 * Which of the pipes and terminals that a process holds keep it alive. Node lists those of its standard streams as active whether
 * anybody reads or writes them or not, and makes each when it is first asked for. They are not asked for here: Node then reads and
 * writes pipes without waiting, which not every program is made for.
 */
import { isMainThread } from 'node:worker_threads';

const kinds = new Set(['PipeWrap', 'TTYWrap']);

export const isPipe = (resource: string): boolean => kinds.has(resource);

type Stream = NodeJS.ReadStream | NodeJS.WriteStream;

/** Whether a process holds any pipe or terminal but standard streams that nobody reads: a peer's, or that of its parent. */
export function pipesOf(listed: () => readonly string[]): { readonly areIdle: boolean } {
  const count = () => listed().filter(isPipe).length;
  // Those that somebody has asked for already; the channel to a parent is let go of unless somebody listens.
  const before = Math.max(0, count() - (process.channel === undefined ? 0 : 1));
  const made = isMainThread ? streamsMade() : new Map<string, Stream>();
  return {
    get areIdle() {
      const asked = [...made.values()].filter(({ destroyed }) => !destroyed);
      const stdin = made.get('stdin') as NodeJS.ReadStream | undefined;
      return count() <= before + asked.length && (stdin === undefined || !isRead(stdin));
    },
  };
}

/** The standard streams that are asked for from now on. */
function streamsMade(): ReadonlyMap<string, Stream> {
  const made = new Map<string, Stream>();
  for (const name of ['stdin', 'stdout', 'stderr'] as const) {
    const described = Object.getOwnPropertyDescriptor(process, name);
    const get = described?.get?.bind(process);
    if (described === undefined || get === undefined || described.configurable !== true) continue;
    const seen = (): unknown => {
      const stream = get() as Stream;
      made.set(name, stream);
      return stream;
    };
    Object.defineProperty(process, name, { ...described, get: seen });
  }
  return made;
}

/** By a callback, a pipe or a loop; who only looked whether it is a terminal reads nothing. */
const isRead = (stream: NodeJS.ReadStream): boolean =>
  !stream.destroyed &&
  !stream.readableEnded &&
  (stream.readableFlowing === true || stream.listenerCount('readable') > 0);
