/** What went wrong before anybody needed us: many a program that inherits `NODE_OPTIONS` never does, and is not to be told. */

const mostKept = 100;

export class Unsaid {
  private readonly sayNow: (message: string) => void;
  private kept: string[] | null = [];

  constructor(say: (message: string) => void) {
    this.sayNow = say;
  }

  readonly say = (message: string): void => {
    if (this.kept === null) this.sayNow(message);
    else if (this.kept.length < mostKept) this.kept.push(message);
  };

  /** What was kept, and from now on all at once. */
  sayAll(): void {
    const { kept } = this;
    this.kept = null;
    for (const message of kept ?? []) this.sayNow(message);
  }
}
