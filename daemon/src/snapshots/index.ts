export { openContentStore } from './content-store.ts';
export { SnapshotFiling } from './filing.ts';
export type { S3Credentials } from './s3.ts';
export { Snapshots, type Snapshot } from './snapshots.ts';
