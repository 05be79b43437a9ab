/** Telephone and SMS by a provider's web API, in Twilio's shape: a call that reads the message out, or a text message. */
import { headline, type Message } from '../message.ts';
import { outcomeOf, request } from './http.ts';
import { cut, type Notifier } from './notifier.ts';

export interface PhoneOptions {
  /** `https://api.twilio.com`, or another of the same shape. */
  readonly url: string;
  readonly account: string;
  readonly token: string;
  readonly by: 'call' | 'sms';
  /** E.164. */
  readonly from: string;
  readonly to: string;
  readonly timeoutMs: number;
}

export function phone({ url, account, token, by, from, to, timeoutMs }: PhoneOptions): Notifier {
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  const base = `${url}/2010-04-01/Accounts/${encodeURIComponent(account)}`;
  return {
    tells: ['trigger'],
    pages: true,
    async send({ message }) {
      const said = by === 'call' ? { Twiml: spoken(message) } : { Body: cut(written(message), 1_600) };
      const answer = await request(`${base}/${by === 'call' ? 'Calls' : 'Messages'}.json`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
        body: new URLSearchParams({ To: to, From: from, ...said }).toString(),
        timeoutMs,
      });
      return outcomeOf(answer);
    },
    async check() {
      const outcome = outcomeOf(
        await request(`${base}.json`, { method: 'GET', headers: { authorization }, timeoutMs }),
      );
      return outcome.is === 'sent' ? null : outcome.problem;
    },
  };
}

/** The link is at the end, and has to stay there. */
const written = (message: Message) =>
  `${cut(headline(message), 300)}. ${cut(message.happened, 900)} ${message.app_url}`;

/** TwiML; said twice, for who picks up hears the beginning late. Limit: 4,000 characters. */
function spoken(message: Message): string {
  // An escaped character takes six.
  const text = escapeXml(cut(`Countersign. ${headline(message).replace(/[[\]]/g, '')}. ${message.happened}`, 600));
  return `<Response><Say loop="2">${text}</Say></Response>`;
}

const escapeXml = (text: string) =>
  // XML has no words for control characters.
  text.replace(/[\p{Cc}]/gu, ' ').replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
