/** The loops as their policies draw them, with how they stand now. */
import { ApiError, LoopMap } from '@countersign/contract';
import Type from 'typebox';
import type { Server } from '../server.ts';

export function loopRoutes(app: Server, loops: () => Promise<LoopMap[]>): void {
  app.get(
    '/v1/loops',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Each workflow with its decision points, data, people and harms, and how it stands now',
        response: { 403: ApiError, 200: Type.Array(LoopMap) },
      },
    },
    () => loops(),
  );
}
