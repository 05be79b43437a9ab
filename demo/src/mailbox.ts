/** Where sorted mail ends up: real files in two folders, so that a decision has an effect and can be taken back. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label } from './model.ts';

export class Mailbox {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    for (const folder of ['inbox', 'junk']) mkdirSync(join(directory, folder), { recursive: true });
  }

  /** Files a message, or moves it when it was filed before; filing it twice the same way changes nothing. */
  file(task: string, label: Label, raw: string): void {
    const [to, other] = label === 'spam' ? ['junk', 'inbox'] : ['inbox', 'junk'];
    const [target, before] = [this.path(to, task), this.path(other, task)];
    if (existsSync(before)) renameSync(before, target);
    else if (!existsSync(target)) writeFileSync(target, raw);
  }

  private path(folder: string | undefined, task: string): string {
    return join(this.directory, folder ?? 'inbox', `${task}.eml`);
  }
}
