export { judge, type Judged } from './canaries.ts';
export type { Signer } from './change-control.ts';
export { gateName } from './gates.ts';
export { Models, type Changed, type Rollback, type RollbackOrder } from './models.ts';
