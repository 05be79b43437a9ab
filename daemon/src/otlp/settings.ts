/** Where OTLP is listened for, and whom it is taken from. */
import { isIPv4 } from 'node:net';

export interface OtlpSettings {
  readonly host: string;
  readonly port: number;
  /** Bearer token that every request needs; none when it is empty. */
  readonly token: string;
  /** In PEM; null for plain HTTP. */
  readonly tls: {
    readonly cert: string;
    readonly key: string;
    /** Whoever has a certificate of these is let in; nobody is asked for one when it is empty. */
    readonly clientCa: string;
  } | null;
}

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));

/** Whether everybody who can reach the port may send. */
export const isOpen = ({ token, tls }: OtlpSettings): boolean => token === '' && (tls?.clientCa ?? '') === '';

/** Reads the variables with the daemon's own reader; null when OTLP is not listened for. */
export function readOtlpSettings(text: (name: string) => string, problems: string[]): OtlpSettings | null {
  const port = text('COUNTERSIGN_OTLP_PORT');
  if (port === '') return null;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    problems.push(`COUNTERSIGN_OTLP_PORT is "${port}", want a port, 0 to 65535.`);
  }
  const [cert, key] = [text('COUNTERSIGN_OTLP_TLS_CERT'), text('COUNTERSIGN_OTLP_TLS_KEY')];
  const clientCa = text('COUNTERSIGN_OTLP_TLS_CLIENT_CA');
  if ((cert === '') !== (key === '') || (clientCa !== '' && cert === '')) {
    problems.push('Of COUNTERSIGN_OTLP_TLS_CERT and COUNTERSIGN_OTLP_TLS_KEY one is missing. Set both.');
  }
  const tls = cert === '' ? null : { cert, key, clientCa };
  const settings = {
    host: text('COUNTERSIGN_OTLP_HOST'),
    port: Number(port),
    token: text('COUNTERSIGN_OTLP_TOKEN'),
    tls,
  };
  if (settings.token !== '' && settings.token.length < 32) {
    problems.push('COUNTERSIGN_OTLP_TOKEN has fewer than 32 characters. Make one with `openssl rand -hex 32`.');
  }
  if (isOpen(settings) && !isLoopback(settings.host)) {
    problems.push(
      `COUNTERSIGN_OTLP_HOST is "${settings.host}", which others can reach, and nobody is asked who they are. ` +
        'Set COUNTERSIGN_OTLP_TOKEN or COUNTERSIGN_OTLP_TLS_CLIENT_CA, or listen on 127.0.0.1.',
    );
  }
  return settings;
}
