export { reaches } from './alert.ts';
export { Alerts } from './alerts.ts';
