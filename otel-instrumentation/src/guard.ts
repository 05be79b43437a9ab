/**
 * May the AI act alone? Answered from memory, from the authority document that the daemon distributes. A document is a
 * lease: when no new one has come in time, the policy's answer for that holds, by default that people decide.
 */
import {
  presentAuthority,
  type Authority,
  type Present,
  type ReviewReason,
  type RiskTier,
} from '@countersign/contract';
import { contentRules, staleRules, unheardRules, type ContentRules } from './content-rules.ts';

export interface Question {
  readonly workflow: string;
  readonly task: string;
  /** With its hash it is known whether it is the very model that was declared. */
  readonly model: { readonly name: string; readonly version: string; readonly hash?: string };
  readonly riskTier: RiskTier;
  readonly reversible: boolean;
  /** Leave it out to ask before the model has run. */
  readonly confidence?: number;
}

export interface GuardVerdict {
  /**
   * `auto`: the AI may act. `human`: a person decides. `halt`: this model version must not be used at all, or, when people
   * have more cases than they can take, this case is to wait where it is.
   */
  readonly route: 'auto' | 'human' | 'halt';
  readonly reason: ReviewReason | 'allowed' | 'rolled_back' | 'queue_full';
  /** Epoch of the breakers that were looked at; goes on record with the decision. */
  readonly epoch: number;
  /** With `rolled_back`: the version to use instead, when there is one. */
  readonly useVersion: string | null;
}

/** A document, made ready for questions. */
interface Held {
  readonly authority: Authority;
  /** By model, version and risk tier, as they are asked for. */
  readonly known: Map<string, Present>;
  readonly content: ContentRules;
  /** On the clock of `now`, in ms. */
  readonly until: number;
}

/** Models and versions that are remembered of a document; more are worked out each time. */
const mostKnown = 10_000;

export class Guard {
  private readonly held = new Map<string, Held>();
  private readonly now: () => number;
  /** When a document came last, on the clock of `now`. */
  private heardAt: number;

  /** `now` never goes back, in ms. */
  constructor(now: () => number) {
    this.now = now;
    this.heardAt = now();
  }

  /** Begins to wait for documents, which came in another way before. */
  listen(): void {
    this.heardAt = this.now();
  }

  /** A document came, written `ageMs` ago; what is left of its lease runs from now. An older one than is held is passed over. */
  hear(authority: Authority, ageMs: number): void {
    this.heardAt = this.now();
    const before = this.held.get(authority.workflow_id);
    const isHeld = before !== undefined && this.now() <= before.until;
    if (isHeld && authority.epoch < before.authority.epoch) return;
    const until = this.now() + authority.lease_ms - Math.max(0, ageMs);
    const content = contentRules(authority.privacy, before?.content);
    this.held.set(authority.workflow_id, { authority, known: new Map(), content, until });
  }

  /**
   * What may be kept of the content of a workflow's decisions. What was heard last holds while contact is lost for a short
   * time, so that people who decide meanwhile see what they decide on.
   */
  privacyOf(workflow: string): ContentRules {
    const held = this.held.get(workflow);
    if (held === undefined) return unheardRules();
    return this.now() <= held.until + longestPrivacyMs ? held.content : staleRules(held.content);
  }

  /** Some document or other. */
  get hasHeard(): boolean {
    return this.held.size > 0;
  }

  /** Nothing was heard for longer than any lease lasts: whoever follows should begin anew. */
  get isSilent(): boolean {
    const leases = [...this.held.values()].map(({ authority }) => authority.lease_ms);
    return this.now() - this.heardAt > Math.max(shortestSilenceMs, ...leases);
  }

  ask(question: Question): GuardVerdict {
    const held = this.held.get(question.workflow);
    if (held === undefined) return verdict('human', 'authority_lost', 0);
    const present = presentOf(held, question);
    const answer = answerOf(held.authority, present, question);
    if (this.now() <= held.until || answer.reason === 'rolled_back') return answer;
    // Contact is lost: nothing may be done that could not be done before, whatever the policy says of that.
    const { authority } = held;
    const may = answer.route === 'auto' && authority.when_unreachable[question.riskTier] === 'auto';
    return verdict(may ? 'auto' : 'human', 'authority_lost', present.epoch);
  }
}

const shortestSilenceMs = 10_000;
/** Beyond the lease. */
const longestPrivacyMs = 3_600_000;

function presentOf(held: Held, { model, riskTier }: Question): Present {
  const key = `${riskTier} ${model.name} ${model.version}`;
  const known = held.known.get(key);
  if (known !== undefined) return known;
  const present = presentAuthority(held.authority, model.name, model.version, riskTier);
  if (held.known.size < mostKnown) held.known.set(key, present);
  return present;
}

function answerOf(authority: Authority, present: Present, question: Question): GuardVerdict {
  const { epoch, standing, hash } = present;
  const isFull = authority.intake === 'full';
  const toPeople = (reason: GuardVerdict['reason']) =>
    isFull ? verdict('halt', 'queue_full', epoch) : verdict('human', reason, epoch);
  if (standing === 'rolled_back') return verdict('halt', 'rolled_back', epoch, present.instead);
  // Under change control it has to be said which model it is.
  const isAnother =
    question.model.hash === undefined
      ? authority.change_control
      : (hash ?? question.model.hash) !== question.model.hash;
  if (standing === 'undeclared' || isAnother) return toPeople('undeclared');
  if (standing === 'shadow') return toPeople('shadow');
  if (standing === 'approval') return toPeople('automation_level');
  if (present.canary_share === 0) return toPeople('breaker');
  const rule = authority.automation[question.riskTier];
  if ((question.reversible ? rule.reversible : rule.irreversible) !== 'automatic') return toPeople('automation_level');
  if (question.confidence !== undefined && !(question.confidence >= rule.confidence_at_least)) {
    return toPeople('low_confidence');
  }
  if (present.state === 'closed' && standing === 'automatic') return verdict('auto', 'allowed', epoch);
  // A person has to check each canary, so there has to be room for it.
  const isCanary = stickyShare(question.task) < present.canary_share && !isFull;
  return isCanary ? verdict('auto', 'canary', epoch) : toPeople('breaker');
}

const verdict = (
  route: GuardVerdict['route'],
  reason: GuardVerdict['reason'],
  epoch: number,
  useVersion: string | null = null,
): GuardVerdict => ({ route, reason, epoch, useVersion });

/** The same number in [0, 1) for the same task, always: FNV-1a with a final mix, so that near ids do not stay near. */
function stickyShare(id: string | number): number {
  // Whoever has numbers for ids hands them over, whatever the type says.
  const task = String(id);
  let hash = 0x811c9dc5;
  for (let i = 0; i < task.length; i++) hash = Math.imul(hash ^ task.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
