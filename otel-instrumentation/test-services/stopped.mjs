// A service that records by hand, and is stopped as its first argument says.
import { decision } from '@countersign/otel-instrumentation';

const about = {
  workflow: 'quick-start',
  task: 'one',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low',
  reversible: true,
  input: { content: 'what came in' },
};
setInterval(() => undefined, 60_000);
// So that there is somewhere to write to.
await new Promise((resolve) => setTimeout(resolve, 300));
decision(about, (d) => d.output({ label: 'yes' }, 0.9));
await new Promise((resolve) => setTimeout(resolve, 300));
decision({ ...about, task: 'two' }, (d) => d.output({ label: 'yes' }, 0.9));
if (process.argv[2] === 'exit') process.exit(3);
process.kill(process.pid, process.argv[2]);
