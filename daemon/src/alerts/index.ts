export { reaches } from './alert.ts';
export { Alerts, type AlertMoved } from './alerts.ts';
