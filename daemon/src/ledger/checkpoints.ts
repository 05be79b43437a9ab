/** Signs a checkpoint soon after each commit: at most `delayMs` later, one for all commits in between. */
import type { Ledger } from './ledger.ts';

export class Checkpoints {
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private signing: Promise<unknown> = Promise.resolve();
  private readonly ledger: Ledger;
  private readonly delayMs: number;
  private readonly onError: (error: unknown) => void;

  constructor(ledger: Ledger, delayMs: number, onError: (error: unknown) => void) {
    this.ledger = ledger;
    this.delayMs = delayMs;
    this.onError = onError;
    ledger.onCommitted(() => this.schedule());
    this.schedule();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.signing = this.ledger.checkpoint().catch((error: unknown) => {
        this.onError(error);
        this.schedule();
      });
    }, this.delayMs);
  }

  /** Signs what is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.signing;
    await this.ledger.checkpoint().catch(this.onError);
  }
}
