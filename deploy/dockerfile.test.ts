/** The Dockerfile is one, copies what there is, and ends as nobody. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { expect, it } from 'vitest';
import { dockerfile, root } from './environment.ts';

const parsed = DockerfileParser.parse(dockerfile);
const stages = parsed.getFROMs();
const isNamed = (from: From) => stages.some((stage) => stage.getBuildStage() === from.getImage());

it('has no mistake that a linter finds', () => {
  expect(validate(dockerfile).map(({ message, range }) => [range.start.line + 1, message])).toEqual([]);
});

it('builds from images of a version', () => {
  for (const stage of stages.filter((from) => !isNamed(from))) {
    expect(stage.getImage()).toMatch(/:\d+\.\d+\.\d+(-[a-z-]+)?$|nodejs24-debian13:nonroot$/);
  }
});

it('copies from the checkout what is there, and from stages that come before', () => {
  for (const copy of parsed.getCOPYs()) {
    const from = copy
      .getFlags()
      .find((flag) => flag.getName() === 'from')
      ?.getValue();
    const paths = copy.getArguments().map((argument) => argument.getValue());
    if (from !== undefined && from !== null) expect(stages.map((stage) => stage.getBuildStage())).toContain(from);
    else for (const path of paths.slice(0, -1)) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
  }
});

it('knows every workspace, without which npm ci refuses', () => {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };
  const copied = parsed.getCOPYs().flatMap((copy) => copy.getArguments().map((argument) => argument.getValue()));
  for (const workspace of workspaces) expect(copied).toContain(`${workspace}/package.json`);
});

it('runs as a user that is not root, by number, for Kubernetes looks at that', () => {
  const users = parsed.getInstructions().filter((instruction) => instruction.getKeyword() === 'USER');
  expect(users.map((user) => user.getArgumentsContent())).toEqual(['65532:65532', '65532:65532']);
});

it('takes neither secrets nor what was built elsewhere into the build', () => {
  const ignored = readFileSync(join(root, 'deploy/Dockerfile.dockerignore'), 'utf8').split('\n');
  for (const path of ['deploy', '.git', '.countersign', '**/node_modules', '**/dist']) expect(ignored).toContain(path);
});
