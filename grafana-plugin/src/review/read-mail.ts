/** What an e-mail says and holds, as text: what a phishing decision hangs on is in headers, link targets and attachments. */
import PostalMime, { type Address } from 'postal-mime';
import { t } from '../parts/i18n';

export interface Mail {
  readonly is: 'mail';
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What it says, as plain text and as its HTML reads; one where both are the same. */
  readonly parts: readonly { readonly name: string; readonly text: string }[];
  readonly links: readonly MailLink[];
  /** How many there are beyond those. */
  readonly moreLinks: number;
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[];
}

export interface MailLink {
  readonly text: string;
  readonly target: string;
  /** It reads as an address of one host and leads to another. */
  readonly misleads: boolean;
}

const linksShown = 100;

export async function readMail(bytes: Uint8Array): Promise<Mail> {
  const mail = await PostalMime.parse(bytes);
  const [plain, html] = [mail.text ?? '', mail.html ?? ''];
  const body = html === '' ? null : new DOMParser().parseFromString(html, 'text/html').body;
  const read = body === null ? '' : textOf(body);
  const anchors = [...(body?.querySelectorAll('a[href]') ?? [])];
  const asText = { name: t('review.input.plain', 'Plain text'), text: plain };
  const asHtml = { name: t('review.input.html', 'What its HTML reads'), text: read };
  const alike = squeezed(plain) === squeezed(read);
  const headers = [
    [t('review.input.subject', 'Subject'), mail.subject ?? t('review.input.no-subject', '(no subject)')],
    [t('review.input.from', 'From'), addresses([mail.from ?? []].flat())],
    [t('review.input.reply-to', 'Reply to'), addresses(mail.replyTo)],
    [t('review.input.to', 'To'), addresses(mail.to)],
    [t('review.input.cc', 'Cc'), addresses(mail.cc)],
    [t('review.input.date', 'Date'), mail.date ?? ''],
  ] as const;
  return {
    is: 'mail',
    headers: headers.filter(([, value]) => value !== ''),
    parts: plain === '' && body !== null ? [asHtml] : read === '' || alike ? [asText] : [asText, asHtml],
    links: anchors.slice(0, linksShown).map(linkOf),
    moreLinks: Math.max(0, anchors.length - linksShown),
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? t('review.input.unnamed', '(no name)'),
      type: mimeType,
      bytes: typeof content === 'string' ? content.length : content.byteLength,
    })),
  };
}

const addresses = (list: readonly Address[] = []): string =>
  list.map(({ name, address }) => `${name} ${address ? `<${address}>` : ''}`.trim()).join(', ');

function linkOf(anchor: Element): MailLink {
  const [text, target] = [squeezed(anchor.textContent ?? ''), anchor.getAttribute('href') ?? ''];
  return { text, target, misleads: misleads(text, target) };
}

const elsewhere = 'relative.invalid';

/** Whether what reads like an address of one host leads to another, or to none. */
export function misleads(text: string, target: string): boolean {
  const said = hostSaid(text);
  if (said === null) return false;
  const led = hostLed(target);
  return led !== elsewhere && led !== said && !led.endsWith(`.${said}`);
}

/** The host of what reads like an address; null for other words. */
function hostSaid(text: string): string | null {
  const [, host] = /^(?:https?:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[:/?#]|$)/iu.exec(text) ?? [];
  return host === undefined ? null : hostLed(`https://${host}`);
}

/** As a browser reads it, with all its forgiveness; empty for what is no place on the network. */
function hostLed(target: string): string {
  try {
    return new URL(target, `https://${elsewhere}`).hostname.replace(/^www\./, '');
  } catch {
    return '';
  }
}

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A document that is parsed and never attached runs no script and loads nothing. */
function textOf(body: HTMLElement): string {
  const copy = body.cloneNode(true) as HTMLElement;
  for (const hidden of copy.querySelectorAll('script, style')) hidden.remove();
  for (const block of copy.querySelectorAll('p, div, br, tr, li, h1, h2, h3')) block.append('\n');
  return (copy.textContent ?? '').replaceAll(/[ \t]+/g, ' ').replaceAll(/ ?\n[\s]*\n/g, '\n\n');
}
