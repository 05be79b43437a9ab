/**
 * The mail service: what a user's own service would look like. For each message it asks whether it may act alone, records
 * the decision, acts or waits for a person, and reports later what was true.
 */
import {
  decision,
  guard,
  humanDecision,
  recordOutcome,
  type DecisionRef,
  type Verdict,
} from '@countersign/otel-instrumentation';
import type { Message } from './corpus.ts';
import type { Mailbox } from './mailbox.ts';
import { counterfactual, modelHash, predict, relevance, type Label, type SpamModel } from './model.ts';
import { driftFeatures } from './tokens.ts';

export const workflow = 'mail-moderation';
const modelName = 'spam-logit';

export interface Release {
  readonly version: string;
  readonly model: SpamModel;
  readonly trainedAt: string;
}

export interface ServiceOptions {
  /** Where the service keeps its mail. */
  readonly messageOf: (task: string) => Message | null;
  readonly mailbox: Mailbox;
  /** Uniform on [0, 1). */
  readonly random: () => number;
  readonly say: (text: string) => void;
}

interface Open {
  readonly ref: DecisionRef;
  readonly message: Message;
  readonly label: Label;
}

/** In cents: what it costs when a wanted message is hidden, or spam is shown. */
const costOf = { ham: 500, spam: 20 } as const;
const ownerNotices = 0.7;

export class MailService {
  private readonly options: ServiceOptions;
  private readonly releases = new Map<string, Release & { readonly hash: string }>();
  private current = '';
  /** Cases that people have not decided yet. */
  private readonly waiting = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: ServiceOptions) {
    this.options = options;
  }

  /** Puts a version into service. */
  deploy(release: Release): void {
    this.releases.set(release.version, { ...release, hash: modelHash(release.model) });
    this.current = release.version;
    this.options.say(`model ${modelName} ${release.version} is in service`);
  }

  get version(): string {
    return this.current;
  }

  get waitingForPeople(): number {
    return this.waiting.size;
  }

  /** One message arrives. Rejects when it could not be decided; it stays where it is then. */
  async receive(task: string, message: Message): Promise<void> {
    const release = this.permitted(task);
    const prediction = predict(release.model, message.tokens);

    const taken = await decision(
      {
        workflow,
        task,
        title: message.mail.subject.slice(0, 200) || '(no subject)',
        model: { name: modelName, version: release.version, hash: release.hash },
        riskTier: 'medium',
        reversible: true,
        input: { content: message.raw, mediaType: 'message/rfc822', capture: true },
        features: driftFeatures(message.mail),
        provenance: {
          trained_at: release.trainedAt,
          sources: [{ name: 'inbox', fresh_at: new Date().toISOString() }],
        },
      },
      async (d) => {
        d.output(
          { label: prediction.label, scores: { spam: prediction.spam, ham: 1 - prediction.spam } },
          prediction.confidence,
        );
        const flip = counterfactual(release.model, message.tokens, 10);
        d.explain({
          relevance: relevance(release.model, message.tokens)
            .slice(0, 12)
            .map(({ token, weight }) => ({ feature: token, value: 1, weight })),
          counterfactuals:
            flip === null
              ? []
              : [
                  {
                    change: Object.fromEntries(flip.removed.map((token) => [token, 0])),
                    output: { label: flip.label },
                  },
                ],
        });
        const authority = d.authority();
        d.propose(
          'accept',
          `${Math.round(prediction.confidence * 100)} % sure that it is ${prediction.label}; ${authority.reason.replaceAll('_', ' ')}`,
        );
        const alone = authority.route === 'auto';
        // Before it is done, so that it can be undone whatever happens to us.
        if (alone) await d.undoable({ action: 'move_back' });
        return { ref: d.ref(), alone };
      },
    );

    const open: Open = { ref: taken.ref, message, label: prediction.label };
    if (taken.alone) this.act(task, open);
    else this.waiting.add(task);
    this.later(20_000 + this.options.random() * 20_000, () => this.learnTruth(open));
  }

  /** The version that may be used now: after a rollback, the one that took the place of ours. */
  private permitted(task: string): Release & { hash: string } {
    const ours = this.releases.get(this.current);
    if (ours === undefined) throw new Error('no model is deployed');
    const asked = guard({
      workflow,
      task,
      model: { name: modelName, version: ours.version, hash: ours.hash },
      riskTier: 'medium',
      reversible: true,
    });
    const instead = this.releases.get(asked.useVersion ?? '');
    if (asked.route !== 'halt' || instead === undefined) return ours;
    this.options.say(`version ${ours.version} was rolled back, going on with ${instead.version}`);
    this.current = instead.version;
    return instead;
  }

  private act(task: string, open: Open): void {
    this.options.mailbox.file(task, open.label, open.message.raw);
    if (open.label === open.message.label || this.options.random() > ownerNotices) return;
    // The owner finds a message in the wrong folder and moves it, in the mail program: a human decision too.
    this.later(10_000 + this.options.random() * 20_000, () => {
      this.options.mailbox.file(task, open.message.label, open.message.raw);
      humanDecision(open.ref, {
        reviewer: 'mailbox-owner',
        action: 'modify',
        justification: `found it in the wrong folder; it is ${open.message.label}`,
        output: { label: open.message.label },
      });
    });
  }

  /** A person has decided: act on it, or take back what was done. Filing is idempotent, so it is done once. */
  hear({ task_id, action, output }: Verdict): void {
    this.waiting.delete(task_id);
    const message = this.options.messageOf(task_id);
    if (message === null) throw new Error(`a verdict came for ${task_id}, which is no message of ours`);
    const said: Label = output.label === 'spam' ? 'spam' : 'ham';
    // With two labels, to reject one is to say the other.
    this.options.mailbox.file(
      task_id,
      action === 'reject' || action === 'rollback' ? opposite(said) : said,
      message.raw,
    );
  }

  /** What the AI did with a message is taken back: it lies in the inbox again, as if nobody had sorted it. */
  moveBack(task: string): void {
    const message = this.options.messageOf(task);
    if (message === null) throw new Error(`${task} is no message of ours`);
    this.options.mailbox.file(task, 'ham', message.raw);
  }

  private learnTruth({ ref, message, label }: Open): void {
    recordOutcome(ref, { label: message.label, cost: label === message.label ? 0 : costOf[message.label] });
  }

  private later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}

const opposite = (label: Label): Label => (label === 'spam' ? 'ham' : 'spam');
