/**
 * Who is asking, and through which door. Two proofs are needed: the shared secret says that Grafana's plugin proxy sent
 * the request, the signed X-Grafana-Id says which of its users. The route grant says what kind of act Grafana allowed.
 * Everything else a request claims about itself is ignored. Auditors' own tools, which no Grafana stands before, have a
 * token that lets them read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Reviewer } from '@countersign/contract';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';

/** One kind of act, one plugin.json route. */
export type Grant = 'read' | 'decide' | 'audit' | 'operate' | 'approve';

export interface IdentityOptions {
  /** Shared with the plugin's secureJsonData; never empty. */
  readonly secret: string;
  readonly jwksUrl: URL;
  /** Grafana's root URL. */
  readonly issuer: string;
  /** `org:<n>`. */
  readonly audience: string;
  /** For auditors' own tools: stands for the grant to audit, and for no other. Empty for none. */
  readonly auditToken: string;
}

export type Identified =
  | { readonly is: 'person'; readonly person: Reviewer }
  | { readonly is: 'refused'; readonly message: string }
  /** Grafana's keys cannot be read, so nobody can be told from anybody. */
  | { readonly is: 'unavailable'; readonly error: unknown };

/** The id of whoever has the audit token, which is no person's. */
export const auditTool = 'audit-token';

export interface RequestHeaders {
  readonly [name: string]: string | string[] | undefined;
}

/** `isRead`: it changes nothing. */
export type Identify = (headers: RequestHeaders, grant: Grant, isRead: boolean) => Promise<Identified>;

export function identifier({ secret, jwksUrl, issuer, audience, auditToken }: IdentityOptions): Identify {
  if (secret === '')
    throw new Error('the plugin secret is empty, so anyone could pass for Grafana. Set COUNTERSIGN_PLUGIN_SECRET.');
  // Grafana signs in the name of its root URL with a slash at the end, however it is written in its configuration.
  const root = issuer.replace(/\/+$/, '');
  const keys = createRemoteJWKSet(jwksUrl, { timeoutDuration: 5_000, cooldownDuration: 10_000 });

  return async (headers, grant, isRead) => {
    const bearer = /^Bearer (\S+)$/.exec(only(headers['authorization']) ?? '')?.[1];
    if (grant === 'audit' && isRead && auditToken !== '' && sameSecret(bearer, auditToken)) {
      return { is: 'person', person: { id: auditTool, name: 'an auditor’s tool', login: null } };
    }
    if (!sameSecret(only(headers['x-countersign-secret']), secret)) {
      return refused('This request did not come through the Countersign app. Check the secret in its settings.');
    }
    if (only(headers['x-countersign-grant']) !== grant) {
      return refused(`You may not do this: it takes the permission to ${grant}.`);
    }
    const token = only(headers['x-grafana-id']);
    if (token === undefined)
      return refused('Grafana did not say who you are. Countersign needs Grafana 12.3 or later.');
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        algorithms: ['ES256'],
        issuer: [root, `${root}/`],
        audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: 5,
      }));
    } catch (error) {
      if (isOutage(error)) return { is: 'unavailable', error };
      return refused('Your identity token is not valid. Reload the page to get a new one.');
    }
    if (payload['type'] !== 'user' || payload.sub === undefined) {
      return refused('Only people may do this, and your token is not a user’s.');
    }
    const { name, username } = payload as { name?: unknown; username?: unknown };
    const shown = [name, username].find((text): text is string => typeof text === 'string' && text !== '');
    return {
      is: 'person',
      person: {
        id: `${root}#${audience}#${payload.sub}`,
        name: (shown ?? payload.sub).slice(0, 200),
        login: typeof username === 'string' && username !== '' ? username : null,
      },
    };
  };
}

/** Whether the keys could not be had; everything else is the token's fault. */
const isOutage = (error: unknown) =>
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  !(error instanceof errors.JOSEError) ||
  error.code === 'ERR_JOSE_GENERIC';

/** Hashed first, so that neither content nor length shows in the time it takes. */
function sameSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(secret));
}

/** A header that came twice is no header. */
const only = (value: string | string[] | undefined) => (typeof value === 'string' && value !== '' ? value : undefined);

const refused = (message: string): Identified => ({ is: 'refused', message });
