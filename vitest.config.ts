import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Packages are tested from their sources, without a build. */
const sources = { ssr: { resolve: { conditions: ['countersign-source'] } } };
const packages = '{contract,otel-instrumentation,daemon,grafana-plugin,dashboards,demo,stack,deploy,alert-rules}';

export default defineConfig({
  test: {
    reporters: ['default', './stack/closing-line.ts'],
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: [`${packages}/**/*.test.{ts,tsx}`],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts', '**/*.browser.test.ts'],
          testTimeout: 20_000,
          // Unless told, it leaves a core idle.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...sources,
        test: {
          name: 'integration',
          include: [`${packages}/**/*.integration.test.ts`],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['./stack/test-servers.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          pool: 'forks',
          // They wait more than they work.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...sources,
        test: {
          name: 'browser',
          include: [`${packages}/**/*.browser.test.ts`],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['./stack/test-servers.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          pool: 'forks',
          // They wait more than they work.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
