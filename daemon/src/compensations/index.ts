export { Compensations } from './compensations.ts';
