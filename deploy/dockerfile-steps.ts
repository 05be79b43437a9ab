/** Carries the stage `daemon` of the Dockerfile out in a folder, without Docker, so that a test can run what comes of it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { dockerfile, root } from './environment.ts';

/** What a COPY or RUN of a stage is about, in words. */
interface Step {
  readonly keyword: string;
  readonly from: string | null;
  readonly paths: readonly string[];
  readonly text: string;
}

function stepsOf(stage: string): Step[] {
  const parsed = DockerfileParser.parse(dockerfile);
  const starts = parsed.getFROMs();
  const start = starts.find((from) => from.getBuildStage() === stage);
  const line = start?.getRange().start.line ?? -1;
  const end =
    starts.map((from) => from.getRange().start.line).find((other) => other > line) ?? Number.POSITIVE_INFINITY;
  const copies = new Map(parsed.getCOPYs().map((copy) => [copy.getRange().start.line, copy]));
  return parsed
    .getInstructions()
    .filter((instruction) => instruction.getRange().start.line > line && instruction.getRange().start.line < end)
    .map((instruction) => {
      const copy = copies.get(instruction.getRange().start.line);
      const flags = copy?.getFlags() ?? [];
      return {
        keyword: instruction.getKeyword(),
        from: flags.find((flag) => flag.getName() === 'from')?.getValue() ?? null,
        paths: copy?.getArguments().map((argument) => argument.getValue()) ?? [],
        text: instruction.getArgumentsContent() ?? '',
      };
    });
}

/**
 * Makes `image` and `state` (what is at /app and /var/lib/countersign) in the directory, nothing of the image writable.
 * Packages are installed as the Dockerfile says; what the stage `build` compiles is what was compiled here already.
 */
export function carryOut(directory: string): void {
  const [source, image] = [join(directory, 'source'), join(directory, 'image')];
  mkdirSync(source, { recursive: true });
  const copy = (paths: readonly string[], from: string, to: string) => {
    const target = paths.at(-1) ?? '';
    for (const path of paths.slice(0, -1)) {
      const origin = join(from, path);
      // As Docker does it: the contents of a folder go into the target, a file goes into it when it ends with a slash.
      const isInto = target.endsWith('/') && statSync(origin).isFile();
      const into = join(to, target, isInto ? basename(path) : '');
      cpSync(origin, into, { recursive: true, verbatimSymlinks: true });
    }
  };
  for (const step of stepsOf('manifests')) if (step.keyword === 'COPY') copy(step.paths, root, source);
  for (const step of stepsOf('daemon-packages').filter(({ keyword }) => keyword === 'RUN')) {
    execFileSync('sh', ['-c', step.text.replaceAll(/\\\n/g, ' ')], { cwd: source, stdio: 'ignore' });
  }
  const steps = stepsOf('daemon');
  if (steps.some(({ keyword }) => keyword === 'RUN'))
    throw new Error('distroless has no shell, so nothing can be run there');
  for (const { paths, from } of steps.filter(({ keyword }) => keyword === 'COPY')) {
    const origin = from === 'build' ? root : source;
    copy(
      paths
        .map((path) => path.replace(/^\/src\//, ''))
        .map((path) => path.replace(/^\/var\/lib\/countersign$/, '../state')),
      origin,
      image,
    );
  }
  execFileSync('chmod', ['-R', 'a-w,a+rX', image]);
}
