/** What cannot be recorded is kept as it came, with the reason, and counted. Nothing is lost and nothing else stops. */
import type { JetStreamClient } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { DeadReason } from './decode.ts';

export interface DeadLetter {
  readonly reason: DeadReason;
  readonly detail: string;
  readonly subject: string;
  readonly streamSequence: number;
  readonly bytes: Uint8Array;
}

/** Room for our headers below the server's limit, which counts them in. */
const headerRoom = 4_096;

export class DeadLetters {
  private readonly stream: JetStreamClient;
  private readonly maxPayload: number;
  private readonly onDead: (letter: DeadLetter) => void;

  constructor(stream: JetStreamClient, maxPayload: number, onDead: (letter: DeadLetter) => void) {
    this.stream = stream;
    this.maxPayload = maxPayload;
    this.onDead = onDead;
  }

  /** Resolves when the letter is durable. One that would not fit with its headers goes in numbered parts. */
  async keep(letter: DeadLetter): Promise<void> {
    const room = this.maxPayload - headerRoom;
    const count = Math.max(1, Math.ceil(letter.bytes.length / room));
    for (let part = 1; part <= count; part++) {
      await this.stream.publish(
        `countersign.dead.${letter.reason}`,
        letter.bytes.subarray((part - 1) * room, part * room),
        {
          headers: describe(letter, part, count),
          // The same message delivered again is the same dead letter.
          msgID: `dead-${letter.streamSequence}-${part}`,
          timeout: 10_000,
        },
      );
    }
    this.onDead(letter);
  }
}

function describe(letter: DeadLetter, part: number, count: number): MsgHdrs {
  const described = headers();
  described.set('Countersign-Reason', letter.reason);
  // Header values are one line of printable text.
  described.set('Countersign-Detail', letter.detail.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 1_000));
  described.set('Countersign-Subject', letter.subject);
  described.set('Countersign-Sequence', String(letter.streamSequence));
  if (count > 1) described.set('Countersign-Part', `${part}/${count}`);
  return described;
}
