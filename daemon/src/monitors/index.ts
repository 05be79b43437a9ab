export { isComplaint, reviewOf, truthOf } from './answers.ts';
export { Monitors, type MonitorSnapshot, type Movement } from './monitors.ts';
export { addDecision, build as buildReference, startBuilder } from './reference-builder.ts';
export { readReferenceRows } from './reference-file.ts';
export { monitorNames } from './scope-fold.ts';
export { replay, type Replayed } from './replay.ts';
export { readSnapshot, writeSnapshot } from './store.ts';
