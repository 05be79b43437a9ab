export { Inspections, type Refused } from './inspections.ts';
