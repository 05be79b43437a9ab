/** `countersign witness`. */
import { formatVerifierKey, keyTypes, parseVerifierKey } from '@countersign/contract/note';
import { loadSigningKey } from '../ledger/index.ts';
import { createWitnessServer, Witness, WitnessState } from '../witness/index.ts';
import { parse, UsageError, type Command } from './command.ts';

export const witness: Command = {
  summary: [['witness', 'run a witness, which signs a log only while it keeps its history']],
  help: `countersign witness: signs the checkpoints of logs that keep their history (C2SP tlog-witness)

Run it where the database's administrator has no say: another machine, another team.

  --name NAME     what it signs as, as a URL without its scheme: witness.example.com/one
  --log KEY       a log's key, as \`countersign key show\` prints it; again for more. For a log whose origin is not the name
                  of its key: "KEY ORIGIN"
  --key FILE      its own Ed25519 key, in PEM; made when it does not exist (witness-key.pem)
  --state FILE    what it has signed last (witness-state.json). Losing it means trusting each log anew
  --host, --port  where to listen (127.0.0.1, 8788; 0 for any free port)

The first line it prints is its key, for COUNTERSIGN_WITNESSES of the daemon and for --witness of \`countersign verify\`.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      name: { type: 'string' },
      log: { type: 'string', multiple: true },
      key: { type: 'string', default: 'witness-key.pem' },
      state: { type: 'string', default: 'witness-state.json' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8788' },
    });
    if (positionals.length > 0) throw new UsageError('the witness takes options only');
    if (values.name === undefined) throw new UsageError('--name is missing: what the witness signs as');
    if (values.log === undefined) throw new UsageError('--log is missing: a witness signs only for logs it knows');
    const logs = values.log.map((written) => {
      const [text = '', ...origin] = written.split(' ');
      const key = parseVerifierKey(text);
      if (key === null) throw new UsageError(`--log is "${written}", which is no key of a log`);
      return { key, origin: origin.length === 0 ? key.name : origin.join(' ') };
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new UsageError(`--port is "${values.port}", want 0 to 65535`);
    const key = loadSigningKey(values.key, values.name, keyTypes.cosignature);
    const state = WitnessState.open(values.state);
    const server = createWitnessServer(new Witness(key, logs, state, () => new Date()));
    try {
      const address = await server.listen({ host: values.host, port });
      process.stdout.write(`${formatVerifierKey(key.verifier)}\nlistens on ${address}\n`);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
      await server.close();
    } finally {
      state.close();
    }
    return 0;
  },
};
