/** The table of alerts in docs/alerts.md. */
import { alerts } from './files.ts';

export const tableOfAlerts = (): string =>
  [
    '| alert | tier | team | after | runbook |',
    '| ----- | ---- | ---- | ----- | ------- |',
    ...alerts.map(
      ({ name, tier, team, runbook, for: after }) =>
        `| \`${name}\` | ${tier} | ${team} | ${after} | [${runbook}](runbooks/${runbook}.md) |`,
    ),
  ].join('\n');
