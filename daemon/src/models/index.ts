export { Models, type Rollback, type RollbackOrder } from './models.ts';
