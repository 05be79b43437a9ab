/** What an e-mail says and holds, as text: what a phishing decision hangs on is in headers, link targets and attachments. */
import PostalMime, { type Address } from 'postal-mime';
import { t } from '../parts/i18n';

export interface Mail {
  readonly is: 'mail';
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What it says, as plain text and as its HTML reads; one where both are the same. */
  readonly parts: readonly { readonly name: string; readonly text: string }[];
  readonly links: readonly MailLink[];
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
    links: [...(body?.querySelectorAll('a[href]') ?? [])].slice(0, linksShown).map(linkOf),
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
  const [said, led] = [hostIn(text), hostIn(target)];
  return { text, target, misleads: said !== null && led !== null && said !== led && !led.endsWith(`.${said}`) };
}

/** The host of an address, or of what reads like one; null where there is none. */
function hostIn(text: string): string | null {
  const [, host] = /^(?:https?:\/\/)?(?:[^\s/@]*@)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[:/?#]|$)/i.exec(text) ?? [];
  return host?.toLowerCase().replace(/^www\./, '') ?? null;
}

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A document that is parsed and never attached runs no script and loads nothing. */
function textOf(body: HTMLElement): string {
  const copy = body.cloneNode(true) as HTMLElement;
  for (const hidden of copy.querySelectorAll('script, style')) hidden.remove();
  for (const block of copy.querySelectorAll('p, div, br, tr, li, h1, h2, h3')) block.append('\n');
  return (copy.textContent ?? '').replaceAll(/[ \t]+/g, ' ').replaceAll(/ ?\n[\s]*\n/g, '\n\n');
}
