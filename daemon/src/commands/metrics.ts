/** `countersign metrics`. */
import { metricsPage } from '../metrics/index.ts';
import { parse, print, UsageError, type Command } from './command.ts';

export const metrics: Command = {
  summary: [['metrics', 'print the table of metrics, in Markdown']],
  help: `countersign metrics   prints every metric that /metrics has, in Markdown: name, type, unit, labels and what it says
`,
  run(args) {
    if (parse(args, {}).positionals.length > 0) throw new UsageError('metrics takes no arguments');
    return print(metricsPage());
  },
};
