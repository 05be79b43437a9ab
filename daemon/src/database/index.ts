export { migrate } from './migrate.ts';
export { inTransaction, openPool, type Pool, type Queryable } from './pool.ts';
