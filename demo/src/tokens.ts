/** What the model sees of a message, and the features that drift is watched on. Pure. */
import type { Features } from '@countersign/contract';
import type { Mail } from './mail.ts';

const mostTokenised = 8_000;
/** What the owner of the corpus left in it: his mailbox, and the names that replaced others. */
const artefacts = /zzzz|taint|netnoteinc|jmason|spamassassin|slashnull|deathtospam|example/;
/** Days and months would tell when a message was collected, and with that its label. */
const dates =
  /^(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|(?:jan|febr?)(?:uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|(?:sept?|octo?|nov|dec)(?:em)?(?:ber)?)$/i;

/** Each token once: body words, `s:` subject words, `from:` and `link:` sites, `is:` facts of structure. */
export function tokenise(mail: Mail): string[] {
  const found = new Set<string>();
  const addWords = (text: string, prefix: string) => {
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}][\p{L}'-]{1,18}[\p{L}]|\$(?=\d)|\d%/gu)) {
      const token = word === '$' ? 'money' : word.endsWith('%') ? 'percent' : word;
      if (!artefacts.test(token) && !dates.test(token)) found.add(prefix + token);
    }
  };
  addWords(mail.subject.replace(/\[[^\]]{1,30}\]/g, ' '), 's:');
  addWords(mail.text.slice(0, mostTokenised).replace(/https?:\/\/\S+|\S+@\S+/g, ' '), '');
  if (mail.fromDomain !== '' && !artefacts.test(mail.fromDomain)) found.add(`from:${siteOf(mail.fromDomain)}`);
  for (const link of mail.links.slice(0, 30)) if (!artefacts.test(link)) found.add(`link:${siteOf(link)}`);
  const features = driftFeatures(mail);
  if (features.has_html) found.add('is:html');
  if (mail.links.length > 3) found.add('is:many-links');
  if (features.exclamation_share > 0.003) found.add('is:exclaiming');
  if (features.uppercase_share > 0.2) found.add('is:shouting');
  if (features.language === 'other') found.add('is:not-english');
  return [...found];
}

export interface MailFeatures extends Features {
  readonly length: number;
  readonly has_html: boolean;
  readonly links: number;
  readonly exclamation_share: number;
  readonly uppercase_share: number;
  readonly language: 'en' | 'other' | 'short';
  readonly sender: string;
}

export function driftFeatures(mail: Mail): MailFeatures {
  const text = mail.text.slice(0, mostTokenised);
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return {
    length: mail.text.length,
    has_html: mail.hasHtml,
    links: mail.links.length,
    exclamation_share: round(count(/!/g) / Math.max(1, text.length)),
    uppercase_share: round(count(/\p{Lu}/gu) / Math.max(1, count(/\p{L}/gu))),
    language: languageOf(text),
    sender: senderOf(mail.fromDomain),
  };
}

const english = new Set(
  'the and to of in is you for that this it on with are be have as not or we your at from if will can by an was but'.split(
    ' ',
  ),
);

function languageOf(text: string): MailFeatures['language'] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (words.length < 12) return 'short';
  return words.filter((word) => english.has(word)).length / words.length > 0.08 ? 'en' : 'other';
}

const webmail = /(?:^|\.)(?:hotmail|yahoo|aol|msn|excite|lycos|mail|netscape|gmx|email|eudoramail|juno|earthlink)\./;

/** The kind of address a message came from. */
function senderOf(domain: string): string {
  if (domain === '') return 'none';
  if (webmail.test(domain)) return 'webmail';
  const top = domain.slice(domain.lastIndexOf('.') + 1);
  if (['com', 'org', 'net', 'edu', 'gov', 'mil'].includes(top)) return top;
  return top.length === 2 ? 'country' : 'other';
}

const siteOf = (domain: string) => domain.split('.').slice(-2).join('.');
const round = (share: number) => Math.round(share * 10_000) / 10_000;
