/** E-mail by SMTP. What follows an incident's first mail answers it, so that mail programs show one thread. */
import { createTransport } from 'nodemailer';
import { headline, plainText } from '../message.ts';
import { cut, type Notifier, type Sent } from './notifier.ts';

export interface EmailOptions {
  /** `smtps://host:465`, or `smtp://host:587`, which goes over to TLS where the server offers it. */
  readonly server: URL;
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Refuse to send without TLS. */
  readonly requireTls: boolean;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeoutMs: number;
}

export function email({ server, login, requireTls, from, to, timeoutMs }: EmailOptions): Notifier {
  const transport = createTransport({
    host: server.hostname,
    port: Number(server.port) || (server.protocol === 'smtps:' ? 465 : 587),
    secure: server.protocol === 'smtps:',
    requireTLS: requireTls,
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing but what we write goes into a mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const taken = new Map<string, Set<string>>();
  return {
    tells: ['trigger', 'resolve'],
    pages: false,
    async send({ key, message, receipt }): Promise<Sent> {
      const first = receipt?.['messageId'];
      // Who has it already gets it no second time, when another one's server wants it later.
      const have = taken.get(key) ?? new Set();
      const missing = to.filter((address) => !have.has(address));
      try {
        const { messageId, accepted, rejected, rejectedErrors } = await transport.sendMail({
          from,
          to: missing,
          // The same for every attempt: servers and mail programs drop what they have seen.
          messageId: `<${key.replaceAll(/[^\w.-]/g, '.')}@countersign>`,
          ...(first === undefined ? {} : { inReplyTo: first, references: first }),
          subject: cut(headline(message), 200),
          text: plainText(message),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Countersign-Drill': String(message.drill) },
        });
        for (const address of accepted) have.add(address);
        remember(taken, key, have);
        const later = (rejectedErrors ?? []).find((error) => outcomeOf(error).is === 'retry');
        if (later !== undefined) return outcomeOf(later);
        const problem = `refused for ${rejected.join(', ')}`;
        const sent = { is: 'sent' as const, receipt: { messageId: first ?? messageId } };
        return rejected.length === 0 ? sent : { ...sent, problem };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    check: () =>
      transport.verify().then(
        () => null,
        (error: unknown) => problemOf(error),
      ),
  };
}

/** Mails that are remembered to have reached somebody. */
const remembered = 100;

function remember(taken: Map<string, Set<string>>, key: string, have: Set<string>): void {
  taken.set(key, have);
  for (const oldest of taken.keys()) {
    if (taken.size <= remembered) return;
    taken.delete(oldest);
  }
}

/** RFC 5321: 5xx is for ever. A login or an encryption that is refused can be mended. */
function outcomeOf(error: unknown): Sent {
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown };
  const isFinal = typeof responseCode === 'number' && responseCode >= 500 && !mendable.has(String(code));
  const problem = problemOf(error);
  return isFinal ? { is: 'refused', problem } : { is: 'retry', problem, afterMs: null };
}

const mendable = new Set(['EAUTH', 'ETLS', 'ENOAUTH']);

const problemOf = (error: unknown) => (error instanceof Error ? error.message : 'the mail was not sent');
