export type { Scope } from './monitor.ts';
export { Monitors, type MonitorSnapshot } from './monitors.ts';
export { readSnapshot, writeSnapshot } from './store.ts';
