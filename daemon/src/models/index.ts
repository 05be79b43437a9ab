export { judge } from './canaries.ts';
export type { Signer } from './change-control.ts';
export { Models, type Changed, type Rollback, type RollbackOrder } from './models.ts';
