/** Folds the ledger again, and compares the signals that move with those that were recorded. */
import canonicalize from 'canonicalize';
import { eventTypes, stoppedByHand, type AlertStep, type AlertTier } from '@countersign/contract';
import type { LedgerReader, LedgerRecord } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import { Monitors, type Movement } from './monitors.ts';

/** A signal that moved, as a line of canonical JSON (RFC 8785): the same signal is the same bytes. */
export interface SignalLine {
  readonly logIndex: number;
  readonly workflowId: string;
  readonly text: string;
}

export interface ReplayOptions {
  readonly log: LedgerReader;
  /** When the record was written that moved the signal: ms, `from` inclusive, `to` exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** All when null. */
  readonly workflow: string | null;
  /** Policies to try instead of those in the ledger. */
  readonly tried: Policies;
  readonly onProgress: (records: number, of: number) => void;
}

export interface Replayed {
  readonly folded: SignalLine[];
  /** What the ledger has; empty when other policies were tried. */
  readonly recorded: SignalLine[];
  /** Records before it are gone. */
  readonly firstKept: number;
}

const readAtOnce = 1_000;

export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { log, fromMs, toMs, workflow, tried, onProgress } = options;
  const monitors = new Monitors({ policies: new Map(), tried });
  const [size, firstKept] = [await log.size(), await log.firstKept()];
  monitors.nextIndex = firstKept;
  const [folded, recorded]: [SignalLine[], SignalLine[]] = [[], []];
  /** Those of the records in the range, by index: what signals are sorted out by. */
  const inRange = { first: Number.POSITIVE_INFINITY, end: 0 };
  while (monitors.nextIndex < size) {
    const records = await log.readFrom(monitors.nextIndex, Math.min(readAtOnce, size - monitors.nextIndex));
    if (records.length === 0) break;
    for (const record of records) {
      const at = Date.parse(record.recordedAt);
      if (at < fromMs || at >= toMs) continue;
      inRange.first = Math.min(inRange.first, record.index);
      inRange.end = record.index + 1;
    }
    folded.push(...monitors.observe(records).map(lineOfMovement));
    if (tried.size === 0) recorded.push(...records.flatMap(lineOfRecord));
    onProgress(monitors.nextIndex, size);
  }
  const isWanted = ({ logIndex, workflowId }: SignalLine) =>
    logIndex >= inRange.first && logIndex < inRange.end && (workflow === null || workflowId === workflow);
  return { folded: folded.filter(isWanted), recorded: recorded.filter(isWanted), firstKept };
}

interface Line {
  readonly log_index: number;
  readonly workflow_id: string;
  readonly monitor: string;
  readonly subject: string | null;
  readonly model: { readonly name: string; readonly version: string };
  readonly tier: AlertTier | null;
  readonly previous_tier: AlertTier | null;
  readonly value: number | null;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

function lineOfMovement({ signal, previousTier, logIndex }: Movement): SignalLine {
  return lineOf({
    log_index: logIndex,
    workflow_id: signal.workflow_id,
    monitor: signal.monitor,
    subject: signal.subject,
    model: { name: signal.model_name, version: signal.model_version },
    tier: signal.tier,
    previous_tier: previousTier,
    value: signal.value,
    summary: signal.summary,
    evidence: signal.evidence,
  });
}

function lineOfRecord({ event }: LedgerRecord): SignalLine[] {
  if (event.type !== eventTypes.alert) return [];
  const { signal: monitor, alert_id: _, ...step }: AlertStep = event.data;
  // Raised by a person: no record moves it.
  if (monitor === stoppedByHand) return [];
  return [lineOf({ monitor, ...step })];
}

function lineOf(line: Line): SignalLine {
  // As JSON has it: what is undefined is not there.
  const text = canonicalize(JSON.parse(JSON.stringify(line)));
  if (text === undefined) throw new TypeError('a signal has to be an object');
  return { logIndex: line.log_index, workflowId: line.workflow_id, text };
}
