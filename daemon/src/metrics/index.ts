export { countRecord } from './counted.ts';
export { Measuring } from './measured.ts';
export { startAtZero } from './start-at-zero.ts';
export { metricsPage } from './page.ts';
export { Metrics } from './registry.ts';
