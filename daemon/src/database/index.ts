export { copyInto, CopyRows } from './copy.ts';
export { migrate } from './migrate.ts';
export { inTransaction, openPool, type DatabaseRole, type Pool, type Queryable } from './pool.ts';
