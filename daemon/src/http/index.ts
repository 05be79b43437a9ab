export { identifier, type Identify } from './identity.ts';
export { auditRoutes } from './routes/audit.ts';
export { evidenceRoutes } from './routes/evidence.ts';
export { logRoutes } from './routes/log.ts';
export { operationsRoutes } from './routes/operations.ts';
export { responseRoutes, type Acted, type ResponseRoom } from './routes/response.ts';
export { reviewRoutes } from './routes/reviews.ts';
export { batchRoutes } from './routes/batches.ts';
export { createServer, type Server } from './server.ts';
