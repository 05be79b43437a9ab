/**
 * Periodic audits. A sample of AI decisions is drawn by risk tier and by a seed, which the log chooses when nobody names one, and
 * put on record before anybody has looked at it; each is found good or wanting; whoever signs off puts what was found on record.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import {
  eventTypes,
  type DrawRequest,
  type FindingRequest,
  type Inspection,
  type InspectionStep,
  type OpenInspection,
  type Reviewer,
  type RiskTier,
  type SignOffRequest,
} from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import {
  writtenEntry,
  type AuditFilter,
  type Ledger,
  type LedgerReader,
  type LedgerRecord,
  type NewId,
  type SearchIndex,
} from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import type { People } from '../people/index.ts';
import { draw } from './draw.ts';
import * as store from './store.ts';

export interface InspectionsOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly log: LedgerReader;
  readonly search: SearchIndex;
  readonly policies: Policies;
  readonly now: () => Date;
  readonly newId: NewId;
  readonly people: People;
}

export type Refused = { readonly is: 'refused'; readonly reason: string };

/** More than fit are drawn at first. */
const spare = 64;
const tiers: readonly RiskTier[] = ['low', 'medium', 'high'];
const hashOf = (request: DrawRequest): Buffer =>
  createHash('sha256')
    .update(canonicalize(request) ?? '')
    .digest();
const refused = (reason: string): Refused => ({ is: 'refused', reason });

export class Inspections {
  private readonly options: InspectionsOptions;
  private drawing: Promise<unknown> = Promise.resolve();

  constructor(options: InspectionsOptions) {
    this.options = options;
  }

  /** Draws a sample and puts it on record. */
  async draw(request: DrawRequest, person: Reviewer): Promise<{ inspection_id: string } | Refused> {
    // One after another: each may look at the whole log.
    const turn = this.drawing.then(() => this.drawNow(request, person));
    this.drawing = turn.catch(() => undefined);
    return turn;
  }

  private async drawNow(request: DrawRequest, person: Reviewer): Promise<{ inspection_id: string } | Refused> {
    const { ledger, log, search, policies, now, newId } = this.options;
    const { workflow_id, from, to, wanted, title, idempotency_key } = request;
    const sent = idempotency_key === undefined ? null : await this.drawnAs(idempotency_key, request, person);
    if (sent !== null) return sent;
    if (!policies.has(workflow_id)) return refused(`there is no workflow ${workflow_id}`);
    if (Date.parse(from) >= Date.parse(to)) return refused('to is not after from');
    if (Date.parse(to) > now().getTime())
      return refused('to is in the future: what is drawn now could not be drawn again');
    const filterOf = (riskTier: RiskTier) => ({
      type: eventTypes.aiDecision,
      workflow_id,
      risk_tier: riskTier,
      from,
      to,
    });
    const wantedTiers = tiers.filter((tier) => wanted[tier] > 0);
    const most = Math.min(request.log_size ?? Number.MAX_SAFE_INTEGER, await log.size());
    const there = await Promise.all(wantedTiers.map((tier) => this.isThereAny(filterOf(tier), most)));
    // Before it is announced: what cannot be drawn leaves nothing on record.
    if (!there.includes(true)) return refused('there is no decision to draw: widen the time, or want more');
    const inspectionId = idempotency_key ?? newId(now());
    const announcement = request.seed === undefined ? await this.announce(inspectionId, request, person) : null;
    const announced = announcement?.index ?? null;
    // With what is on record after it, nobody could have worked it out beforehand.
    const seed = request.seed ?? (await log.rootOf((announced ?? 0) + 1)).toString('hex');
    const logSize = Math.min(request.log_size ?? Number.MAX_SAFE_INTEGER, announced ?? (await log.size()));
    const drawn: store.InspectionRow['drawn'] = [];
    const sample: { index: number; riskTier: RiskTier }[] = [];
    for (const riskTier of tiers) {
      const filter = filterOf(riskTier);
      // The index may propose what does not fit; a few more make up for it.
      const proposed = await draw(search.proposed(filter, logSize), wanted[riskTier] + spare, seed);
      const fitting = new Set((await search.fitting(filter, proposed.drawn)).map(({ index }) => index));
      const picked = proposed.drawn
        .filter((index) => fitting.has(index))
        .slice(0, wanted[riskTier])
        .toSorted((a, b) => a - b);
      drawn.push({ risk_tier: riskTier, sample: picked.length, of: proposed.of });
      sample.push(...picked.map((index) => ({ index, riskTier })));
    }
    const at = now();
    await ledger.write(async (tx) => {
      const data: InspectionStep = {
        workflow_id,
        inspection_id: inspectionId,
        step: 'drawn',
        title,
        seed,
        ...(announced === null ? {} : { announced }),
        from,
        to,
        log_size: logSize,
        sample: sample.map(({ index }) => index),
        by: person.id,
        reason: drawn.map((d) => `${d.sample} of ${d.of} of ${d.risk_tier} risk`).join(', '),
      };
      const entry = writtenEntry({ type: eventTypes.inspection, subject: workflow_id, data }, at, newId);
      const chosen = {
        seed,
        announced,
        announced_event: announcement?.event.id ?? null,
        drawn_event: entry.event.id,
        logSize,
        requestHash: hashOf(request),
      };
      await store.insertInspection(tx.client, inspectionId, request, chosen, drawn, sample, person.id, at);
      await tx.append([entry]);
    });
    return { inspection_id: inspectionId };
  }

  private async isThereAny(filter: AuditFilter, logSize: number): Promise<boolean> {
    const { search } = this.options;
    let proposed: number[] = [];
    for await (const index of search.proposed(filter, logSize)) {
      proposed.push(index);
      if (proposed.length < spare) continue;
      if ((await search.fitting(filter, proposed)).length > 0) return true;
      proposed = [];
    }
    return proposed.length > 0 && (await search.fitting(filter, proposed)).length > 0;
  }

  /** Puts on record that a sample is to be drawn, and of what. */
  private async announce(inspectionId: string, request: DrawRequest, person: Reviewer): Promise<LedgerRecord> {
    const { ledger, now, newId } = this.options;
    const { workflow_id, title, from, to, wanted, log_size } = request;
    const data: InspectionStep = {
      workflow_id,
      inspection_id: inspectionId,
      step: 'announced',
      title,
      from,
      to,
      ...(log_size === undefined ? {} : { log_size }),
      sample: [],
      by: person.id,
      reason: tiers.map((tier) => `${wanted[tier]} of ${tier} risk`).join(', '),
    };
    return ledger.write(async (tx) => {
      const entry = writtenEntry({ type: eventTypes.inspection, subject: workflow_id, data }, now(), newId);
      const [appended] = await tx.append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      return appended.record;
    });
  }

  /** What was drawn under a key; null when nothing was. */
  private async drawnAs(
    key: string,
    request: DrawRequest,
    person: Reviewer,
  ): Promise<{ inspection_id: string } | Refused | null> {
    const row = await store.readInspection(this.options.pool, key);
    if (row === null) return null;
    const isSame = row.drawn_by === person.id && row.request_hash?.equals(hashOf(request));
    return isSame ? { inspection_id: key } : refused('idempotency_key was used for another audit. Choose a new one');
  }

  async list(): Promise<Inspection[]> {
    const rows = await store.readInspections(this.options.pool);
    const names = await this.options.people.names(
      rows.flatMap(({ drawn_by, signed_by }) => [drawn_by, signed_by ?? []].flat()),
    );
    return rows.map((row) => inspectionOf(row, names));
  }

  /** Null when there is none. */
  async open(inspectionId: string, asker: Reviewer): Promise<OpenInspection | null> {
    const { pool, log, people } = this.options;
    const row = await store.readInspection(pool, inspectionId);
    if (row === null) return null;
    const decisions = await store.readDecisions(pool, inspectionId);
    const records = new Map(
      (await log.readAt(decisions.map((d) => d.log_index))).map((record) => [record.index, record]),
    );
    const acted = [row.drawn_by, row.signed_by, ...decisions.map((d) => d.found_by)];
    const names = await people.names(acted.filter((id) => id !== null));
    return {
      inspection: inspectionOf(row, names),
      decisions: decisions.map((decision) => {
        const record = records.get(decision.log_index);
        const { found_by } = decision;
        return {
          ...decision,
          found_by: found_by === null ? null : personOf(found_by, names),
          record: record === undefined ? null : log.auditRecord(record),
        };
      }),
      asker: asker.id,
    };
  }

  /** Says what was found of one decision; whoever has said it may think again, and nobody else. Null when there is no such inspection. */
  async find(inspectionId: string, request: FindingRequest, person: Reviewer): Promise<'kept' | Refused | null> {
    const { ledger, people } = this.options;
    return ledger.write(async ({ client }) => {
      const row = await store.lockInspection(client, inspectionId);
      if (row === null) return null;
      if (row.signed_at !== null) return refused('it is signed off; what was found is on record');
      if (request.finding === 'wanting' && request.note.trim() === '') return refused('say in note what is wanting');
      const decisions = await store.readDecisions(client, inspectionId);
      const before = decisions.find(({ log_index }) => log_index === request.log_index);
      if (before === undefined) return refused(`record ${request.log_index} is not in the sample`);
      const { found_by, finding } = before;
      if (found_by !== null && found_by !== person.id) {
        const name = (await people.names([found_by]))[found_by] ?? found_by;
        return refused(`${name} has found it ${finding}; ask them to look again`);
      }
      await store.writeFinding(client, inspectionId, request, person.id);
      return 'kept';
    });
  }

  /** Ends it, when every decision was looked at, and puts what was found on record. */
  async signOff(
    inspectionId: string,
    { statement }: SignOffRequest,
    person: Reviewer,
  ): Promise<'signed' | Refused | null> {
    const { ledger, now, newId } = this.options;
    return ledger.write(async (tx) => {
      const row = await store.lockInspection(tx.client, inspectionId);
      if (row === null) return null;
      if (row.signed_at !== null) return refused('it is signed off already');
      const decisions = await store.readDecisions(tx.client, inspectionId);
      const left = decisions.filter(({ finding }) => finding === null).length;
      if (left > 0) return refused(`${left} of ${decisions.length} decisions are not looked at yet`);
      const at = now();
      const count = (riskTier: RiskTier, finding: 'good' | 'wanting') =>
        decisions.filter((d) => d.risk_tier === riskTier && d.finding === finding).length;
      const data: InspectionStep = {
        workflow_id: row.workflow_id,
        inspection_id: inspectionId,
        step: 'signed_off',
        title: row.title,
        seed: row.seed,
        ...(row.announced === null ? {} : { announced: row.announced }),
        from: row.from_time.toISOString(),
        to: row.to_time.toISOString(),
        log_size: row.log_size,
        sample: decisions.map(({ log_index }) => log_index),
        found: decisions.map(({ log_index, finding, note, found_by }) => ({
          log_index,
          finding: finding ?? 'wanting',
          by: found_by ?? 'nobody',
          note_hash: `sha256:${createHash('sha256').update(note).digest('hex')}`,
        })),
        findings: tiers.map((tier) => ({
          risk_tier: tier,
          good: count(tier, 'good'),
          wanting: count(tier, 'wanting'),
        })),
        by: person.id,
        reason: statement,
      };
      const entry = writtenEntry({ type: eventTypes.inspection, subject: row.workflow_id, data }, at, newId);
      await store.signOff(tx.client, inspectionId, person.id, at, statement, entry.event.id);
      await tx.append([entry]);
      return 'signed';
    });
  }
}

const personOf = (id: string, names: Record<string, string>) => ({ id, name: names[id] ?? id });

function inspectionOf(row: store.InspectionRow, names: Record<string, string>): Inspection {
  const person = (id: string) => personOf(id, names);
  return {
    inspection_id: row.inspection_id,
    title: row.title,
    workflow_id: row.workflow_id,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    seed: row.seed,
    announced: row.announced,
    log_size: row.log_size,
    drawn_by: person(row.drawn_by),
    drawn_at: row.drawn_at.toISOString(),
    drawn: row.drawn,
    looked_at: row.looked_at,
    wanting: row.wanting,
    signed_off:
      row.signed_by === null || row.signed_at === null
        ? null
        : { by: person(row.signed_by), at: row.signed_at.toISOString(), statement: row.statement ?? '' },
    on_record: { announced: row.announced_event, drawn: row.drawn_event, signed_off: row.signed_event },
  };
}
