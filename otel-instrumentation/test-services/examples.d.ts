/** What the examples in the READMEs take for granted of the service around them. */
type DecisionRef = import('@countersign/otel-instrumentation').DecisionRef;
type Verdict = import('@countersign/otel-instrumentation').Verdict;

interface Message {
  readonly id: string;
  readonly raw: Uint8Array;
}
declare const message: Message;

/** A model of the service's own: how likely it is that a message is spam. */
declare const model: { readonly hash: string; predict(message: Message): number };
/** One that is asked over the network. */
declare const classifier: {
  classify(message: Message): Promise<{ readonly label: string; readonly confidence: number }>;
};

/** Acts on a message; acting twice is acting once. */
declare const mailbox: {
  file(task: string, label: string | null): Promise<void>;
  restore(task: string): Promise<void>;
};

declare const database: {
  save(task: string, ref: DecisionRef): Promise<void>;
  load(task: string): Promise<DecisionRef>;
};
