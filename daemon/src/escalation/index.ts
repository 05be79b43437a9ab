export { readChannels, type Channels } from './channels.ts';
export { drillReport, readDrill, type DrillState } from './drill.ts';
export { Escalation, escalationOf } from './escalation.ts';
export type { Action, Incident } from './incident.ts';
export { NotificationOutbox } from './outbox.ts';
export { preflight } from './preflight.ts';
export { Silences } from './silences.ts';
