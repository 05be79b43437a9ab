// Programs that do their work and end, each as its first argument says.
import { createServer } from 'node:http';
import { decision, guard } from '@countersign/otel-instrumentation';

const about = {
  workflow: 'quick-start',
  task: 'one',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low',
  reversible: true,
  input: { content: 'what came in' },
};
const yes = (d) => d.output({ label: 'yes' }, 0.9);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

switch (process.argv[2]) {
  case 'asks':
    guard(about);
    decision(about, (d) => {
      yes(d);
      d.authority();
    });
    break;
  case 'takes its time':
    decision(about, yes);
    await decision({ ...about, task: 'two' }, async (d) => {
      await sleep(2_500);
      yes(d);
    });
    break;
  case 'exits at once':
    decision(about, yes);
    process.exit(0);
    break;
  case 'closes its server': {
    const server = createServer().listen(0, () => {
      decision(about, yes);
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300);
    });
    process.on('SIGTERM', () => server.close());
    break;
  }
}
