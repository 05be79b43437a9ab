/** Does a piece of work again and again, one at a time, and once more at once when it is asked to. */
export class Clockwork {
  private readonly work: () => Promise<void>;
  private readonly onError: (error: unknown) => void;
  private readonly timer: NodeJS.Timeout;
  private working: Promise<void> | null = null;
  private stopped = false;

  constructor(everyMs: number, work: () => Promise<void>, onError: (error: unknown) => void) {
    this.work = work;
    this.onError = onError;
    this.timer = setInterval(() => this.turn(), everyMs);
    this.turn();
  }

  turn(): void {
    if (this.stopped || this.working !== null) return;
    const turn = async () => {
      try {
        await this.work();
      } catch (error) {
        this.onError(error);
      } finally {
        this.working = null;
      }
    };
    this.working = turn();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.working;
  }
}
