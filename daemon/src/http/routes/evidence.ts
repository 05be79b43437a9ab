/** What reviewers may read: cases, inputs and records of the workflows that they review, and of no other. */
import {
  InputHash,
  ApiError,
  AuditPage,
  AuditProof,
  ReviewCase,
  Uuid,
  UuidV7,
  eventTypes,
  type AuditRecord,
  type CountersignEvent,
  type Reviewer,
} from '@countersign/contract';
import Type from 'typebox';
import { isOfPlanted, type Reviews } from '../../reviews/index.ts';
import { apiError, type Server } from '../server.ts';
import { filterOf, Search, wrongTime, type AuditRoom } from './audit.ts';
import { noCase } from './reviews.ts';
import { sendSnapshot } from './snapshot.ts';

const errors = { 400: ApiError, 403: ApiError, 404: ApiError };

export interface EvidenceRoom extends Pick<AuditRoom, 'log' | 'search' | 'readSnapshot' | 'namesOf'> {
  readonly reviews: Reviews;
  readonly reviewedBy: (person: Reviewer) => readonly string[];
}

export function evidenceRoutes(app: Server, room: EvidenceRoom): void {
  const { log, search, readSnapshot, namesOf, reviews, reviewedBy } = room;
  app.get(
    '/v1/evidence/cases/:decision_id',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'One case with its evidence',
        params: Type.Object({ decision_id: Uuid }),
        response: { ...errors, 200: ReviewCase },
      },
    },
    async ({ params, person }, reply) =>
      (await reviews.open(params.decision_id, person)) ?? reply.code(404).send(noCase(params.decision_id)),
  );

  app.get(
    '/v1/evidence/snapshots/:hash',
    {
      config: { grant: 'decide' },
      schema: { summary: 'The input of a decision, byte for byte', params: Type.Object({ hash: InputHash }) },
    },
    async ({ params, person }, reply) => {
      for (const workflow_id of reviewedBy(person)) {
        const decisions = await search.search({ workflow_id, input_hash: params.hash }, null, 1);
        if (decisions.records.length > 0) return sendSnapshot(reply, await readSnapshot(params.hash));
      }
      return sendSnapshot(reply, { is: 'absent' });
    },
  );

  app.get(
    '/v1/evidence/records',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Audit records of a workflow that one reviews, newest first',
        querystring: Search,
        response: { ...errors, 200: AuditPage },
      },
    },
    async ({ query: { before = null, limit = 50, ...query }, person }, reply) => {
      const reviewed = reviewedBy(person);
      if (query.workflow === undefined || !reviewed.includes(query.workflow)) {
        const which = reviewed.length === 0 ? 'You review none.' : `You review ${reviewed.join(', ')}.`;
        return reply.code(403).send(apiError('forbidden', `Say which workflow, one that you review. ${which}`));
      }
      const wrong = wrongTime(query);
      if (wrong !== null) return reply.code(400).send(apiError('bad_request', wrong));
      const found: AuditRecord[] = [];
      // Until the page is full: where it ends must tell nothing of what is not in it.
      for (let at = before; found.length < limit;) {
        const { records, next } = await search.search(filterOf(query), at, Math.max(limit, fewestAtOnce));
        // What a planted case was is for auditors.
        const evidence = records.filter(({ event }) => isEvidence(event.type) && !isOfPlanted(event));
        found.push(...(await reviews.readable(query.workflow, person, log.page({ records: evidence, next }).records)));
        if (next === null) break;
        at = next;
      }
      const records = found.slice(0, limit);
      const next = records.length === limit ? (records.at(-1)?.log_index ?? null) : null;
      return { records, next, people: await namesOf(records) };
    },
  );

  app.get(
    '/v1/evidence/records/:event_id',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'One record of a workflow that one reviews, with its inclusion proof',
        params: Type.Object({ event_id: UuidV7 }),
        response: { ...errors, 200: AuditProof },
      },
    },
    async ({ params, person }, reply) => {
      const proof = await log.prove(params.event_id);
      if (proof !== null && reviewedBy(person).includes(proof.record.workflow_id)) {
        const event = eventIn(proof.body ?? proof.entry);
        const [readable] = await reviews.readable(proof.record.workflow_id, person, [proof.record]);
        if (readable !== undefined && isEvidence(event.type) && !isOfPlanted(event)) return proof;
      }
      return reply.code(404).send(apiError('not_found', `there is no event ${params.event_id}`));
    },
  );
}

/** Some are passed over. */
const fewestAtOnce = 100;

/** Of decisions, and not of how colleagues decide, or what auditors have found of them. */
const evidenceTypes: readonly string[] = [
  eventTypes.aiDecision,
  eventTypes.humanDecision,
  eventTypes.outcome,
  eventTypes.compensation,
  eventTypes.review,
];
const isEvidence = (type: string): boolean => evidenceTypes.includes(type);

const eventIn = (base64: string) => JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as CountersignEvent;
