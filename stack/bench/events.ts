/** AI decisions as services send them, about 900 bytes each. */
import { randomBytes } from 'node:crypto';
import { uuidV7, type AiDecisionEvent } from '@countersign/contract';

const tiers = ['low', 'medium', 'high'] as const;
export const words = [
  'sender',
  'is',
  'known',
  'link',
  'to',
  'a',
  'new',
  'domain',
  'no',
  'signature',
  'bulk',
  'header',
  'reply',
];

/** The i-th; ids are random, all else follows from `i`. */
export function aiDecision(i: number, at: Date): AiDecisionEvent {
  const task = `task-${(i * 2_654_435_761) % 4_294_967_296}`;
  const confidence = ((i * 37) % 1_000) / 1_000;
  const justification = Array.from({ length: 8 }, (_, k) => words[(i * (k + 3) + k * k) % words.length]).join(' ');
  return {
    specversion: '1.0',
    id: uuidV7(at.getTime(), randomBytes(10)),
    source: 'bench',
    type: 'countersign.decision.ai.v1',
    subject: task,
    time: at.toISOString(),
    data: {
      workflow_id: i % 10 < 9 ? 'mail-moderation' : 'refunds',
      task_id: task,
      decision_id: uuidV7(at.getTime(), randomBytes(10)),
      model: { name: 'spam-logit', version: `3.${Math.floor(i / 500_000)}.0`, hash: `sha256:${'0'.repeat(64)}` },
      input_snapshot: { hash: `sha256:${randomBytes(32).toString('hex')}`, uri: 'urn:none' },
      output: { label: confidence > 0.5 ? 'spam' : 'ham', scores: { spam: confidence, ham: 1 - confidence } },
      confidence,
      risk_tier: tiers[i % 3] ?? 'low',
      reversible: true,
      features: Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`feature_${k}`, (i * k) % 97])),
      action: confidence > 0.5 ? 'reject' : 'accept',
      justification: `confidence ${confidence}: ${justification}`,
      route: 'auto',
      breaker_epoch: 0,
      latency_ms: 3.1,
    },
  };
}
