/** What the stand-ins of all providers have in common: what they are asked, and what they answer. */
export interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly tools?: readonly Tool[];
  readonly toolConfig?: { readonly tools: readonly { readonly toolSpec: Named }[] };
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly contents?: readonly object[];
  readonly input?: unknown;
}

interface Named {
  readonly name: string;
}
/** As Anthropic, OpenAI and Gemini are offered one. */
interface Tool extends Partial<Named> {
  readonly function?: Named;
  readonly functionDeclarations?: readonly Named[];
}

export interface Answer {
  readonly whole: object;
  /** Null when it was not asked to stream. */
  readonly chunks: readonly (string | Buffer)[] | null;
  readonly mediaType: string;
}

export interface Dialect {
  answer(path: string, asked: Asked): Answer;
  error(status: number): object;
}

export const words = ['This ', 'is ', 'a test.'] as const;
export const sentence = words.join('');
export const place = { location: 'San Francisco' } as const;
export const eventStream = 'text/event-stream';
