export { countRecord } from './counted.ts';
export { measure } from './measured.ts';
export { Metrics } from './registry.ts';
