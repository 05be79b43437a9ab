export { copyOut, readBigint, type CopyRow } from './copy-out.ts';
export { copyInto, CopyRows } from './copy.ts';
export { migrate } from './migrate.ts';
export { databaseBytes, inTransaction, openPool, type DatabaseRole, type Pool, type Queryable } from './pool.ts';
