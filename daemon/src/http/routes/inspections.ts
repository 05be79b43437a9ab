/** Periodic audits: drawn, looked at, signed off. */
import {
  ApiError,
  DrawRequest,
  FindingRequest,
  Inspection,
  OpenInspection,
  SignOffRequest,
  Uuid,
} from '@countersign/contract';
import Type from 'typebox';
import type { Inspections, Refused } from '../../inspections/index.ts';
import { apiError, type Server } from '../server.ts';
import { wrongTime } from './audit.ts';

const Params = Type.Object({ inspection_id: Uuid });
const errors = { 400: ApiError, 403: ApiError, 404: ApiError, 409: ApiError };
const Said = Type.Object({ message: Type.String() });

export function inspectionRoutes(app: Server, inspections: Inspections): void {
  app.get(
    '/v1/inspections',
    {
      config: { grant: 'audit' },
      schema: { summary: 'Periodic audits, the newest first', response: { ...errors, 200: Type.Array(Inspection) } },
    },
    () => inspections.list(),
  );

  app.get(
    '/v1/inspections/:inspection_id',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'A periodic audit with its sample',
        params: Params,
        response: { ...errors, 200: OpenInspection },
      },
    },
    async ({ params, person }, reply) =>
      (await inspections.open(params.inspection_id, person)) ?? reply.code(404).send(none(params.inspection_id)),
  );

  app.post(
    '/v1/inspections',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'Draw a sample by risk tier and seed, and put it on record; without a seed the log chooses it',
        body: DrawRequest,
        response: { ...errors, 200: Type.Object({ inspection_id: Uuid }) },
      },
    },
    async ({ body, person }, reply) => {
      const notATime = wrongTime(body);
      if (notATime !== null) return reply.code(400).send(apiError('bad_request', notATime));
      const drawn = await inspections.draw(body, person);
      return 'is' in drawn ? reply.code(400).send(wrong(drawn)) : drawn;
    },
  );

  app.post(
    '/v1/inspections/:inspection_id/findings',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'Say what was found of one decision of the sample',
        params: Params,
        body: FindingRequest,
        response: { ...errors, 200: Said },
      },
    },
    async ({ params, body, person }, reply) => {
      const kept = await inspections.find(params.inspection_id, body, person);
      if (kept === null) return reply.code(404).send(none(params.inspection_id));
      return kept === 'kept' ? { message: 'Kept.' } : reply.code(409).send(wrong(kept));
    },
  );

  app.post(
    '/v1/inspections/:inspection_id/sign-off',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'Sign a periodic audit off, which puts what was found on record',
        params: Params,
        body: SignOffRequest,
        response: { ...errors, 200: Said },
      },
    },
    async ({ params, body, person }, reply) => {
      const signed = await inspections.signOff(params.inspection_id, body, person);
      if (signed === null) return reply.code(404).send(none(params.inspection_id));
      return signed === 'signed' ? { message: 'Signed off.' } : reply.code(409).send(wrong(signed));
    },
  );
}

const none = (id: string) => apiError('not_found', `there is no audit ${id}`);
const wrong = ({ reason }: Refused) => apiError('refused', `${reason}.`);
