/** Contents in a bucket of anything that speaks S3, addressed by path. */
import { AwsClient } from 'aws4fetch';
import type { ContentStore } from './content-store.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const timeoutMs = 10_000;

export class S3Store implements ContentStore {
  private readonly client: AwsClient;
  /** Ends with a slash. */
  private readonly base: string;

  private constructor(client: AwsClient, base: string) {
    this.client = client;
    this.base = base;
  }

  /** `s3://bucket/prefix?endpoint=https://…&region=…`; without an endpoint, of AWS in the region. */
  static at(url: URL, credentials: S3Credentials | null): S3Store {
    if (credentials === null) {
      throw new RangeError('a bucket takes credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
    }
    const region = url.searchParams.get('region') ?? 'us-east-1';
    const endpoint = url.searchParams.get('endpoint') ?? `https://s3.${region}.amazonaws.com`;
    if (!URL.canParse(endpoint)) throw new RangeError(`the endpoint "${endpoint}" is no URL`);
    if (url.hostname === '') throw new RangeError(`"${url.href}" names no bucket`);
    const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '');
    const base = `${endpoint.replace(/\/+$/, '')}/${url.hostname}/${prefix === '' ? '' : `${prefix}/`}`;
    // Retried by who asks, who knows how long it may take.
    return new S3Store(new AwsClient({ ...credentials, region, service: 's3', retries: 0 }), base);
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    await this.request('PUT', name, bytes);
  }

  async get(name: string): Promise<Buffer | null> {
    const response = await this.request('GET', name);
    return response === null ? null : Buffer.from(await response.arrayBuffer());
  }

  async delete(name: string): Promise<void> {
    await this.request('DELETE', name);
  }

  /** Null for what is not there. */
  private async request(method: string, name: string, body?: Buffer): Promise<Response | null> {
    const response = await this.client.fetch(this.base + name.replace(':', '-'), {
      method,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return response;
    const answer = (await response.text()).slice(0, 300);
    if (response.status === 404 && method !== 'PUT' && !answer.includes('NoSuchBucket')) return null;
    throw new Error(`the bucket has answered ${response.status} to ${method}: ${answer}`);
  }
}
