export { Metrics } from './registry.ts';
