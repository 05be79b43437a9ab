/** `countersign verify`. */
import { readFileSync } from 'node:fs';
import { keyTypes, parseCheckpoint, parseNote, parseVerifierKey, type VerifierKey } from '@countersign/contract/note';
import { readSecret } from '../config.ts';
import { verifyDatabase, verifyExport, type KnownCheckpoint, type Report } from '../ledger/index.ts';
import { complain, parse, UsageError, type Command } from './command.ts';

/** What could not be looked at says nothing about what is in it. */
const cannotTell = 3;

export const verify: Command = {
  summary: [
    ['verify', 'compute a log anew from its bytes, and say what is wrong and where'],
    ['verify FILE', 'the same for an export'],
  ],
  help: `countersign verify: computes a log anew from its bytes, and says what is wrong and where

countersign verify                 the database of DATABASE_URL, live or restored from a backup, in one moment of it; the
                                   login needs the role countersign_reader
countersign verify export.jsonl    an export by itself; .csv as well

  --key KEY            the log's key, as \`countersign key show\` prints it; again for more. Without it the log's own word is
                       taken for its keys: it may agree with itself and be another log
  --checkpoint FILE    a checkpoint from elsewhere that the log has to continue: of a witness, of an export, of last year;
                       again for more. It is what shows that a log was rolled back as a whole
  --witness KEY        a witness that has to have signed, by the key it prints; again for more
  --log ID             the log (COUNTERSIGN_LOG_ID, or main)
  --json               the report as JSON

Exit codes: 0 nothing is wrong, 1 something is, 2 the call is wrong, 3 the log could not be read.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      key: { type: 'string', multiple: true },
      checkpoint: { type: 'string', multiple: true },
      witness: { type: 'string', multiple: true },
      log: { type: 'string' },
      json: { type: 'boolean' },
    });
    const [file, ...more] = positionals;
    if (more.length > 0) throw new UsageError('verify takes one file at a time');
    const keys = (values.key ?? []).map((text) => keyFrom(text, 'key'));
    const checkpoints = (values.checkpoint ?? []).map(checkpointFrom);
    const witnesses = (values.witness ?? []).map((text) => keyFrom(text, 'witness'));
    const started = performance.now();
    let report: Report;
    try {
      const known = { keys, checkpoints, witnesses };
      report =
        file === undefined
          ? await verifyDatabase({
              databaseUrl: readSecret('DATABASE_URL', process.env),
              logId: values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main',
              onProgress: showProgress,
              ...known,
            })
          : await verifyExport({ path: file, ...known });
    } catch (error) {
      complain(error);
      return cannotTell;
    }
    const seconds = (performance.now() - started) / 1_000;
    process.stdout.write(
      values.json ? `${JSON.stringify({ ...report, seconds }, null, 2)}\n` : inWords(report, seconds),
    );
    return report.ok ? 0 : 1;
  },
};

function keyFrom(text: string, option: 'key' | 'witness'): VerifierKey {
  const key = parseVerifierKey(text, option === 'key' ? keyTypes.ed25519 : keyTypes.cosignature);
  if (key === null)
    throw new UsageError(`--${option} is "${text}", which is no key of a ${option === 'key' ? 'log' : 'witness'}`);
  return key;
}

function checkpointFrom(path: string): KnownCheckpoint {
  const note = readFileSync(path, 'utf8');
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
  if (checkpoint === null) throw new UsageError(`${path} holds no checkpoint`);
  return { size: checkpoint.size, note, from: path };
}

function showProgress(done: number, of: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${done.toLocaleString('en')} of ${of.toLocaleString('en')} records `);
}

function inWords(report: Report, seconds: number): string {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const count = (n: number, one: string, more = `${one}s`) => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;
  const dropped = report.dropped === 0 ? '' : `, ${count(report.dropped, 'of them', 'of them')} dropped by retention`;
  const looked =
    `${count(report.records, 'record')}${dropped}, ${count(report.checkpoints, 'checkpoint')}, ` +
    `${count(report.signatures, 'signed human decision')}, in ${seconds.toFixed(1)} s\n`;
  const uncovered = report.complete ? '' : 'It is a part of the log: what it leaves out is not verified.\n';
  const trust = report.key_was_given
    ? ''
    : `The key was taken from the log itself. Compare it with the one you know, and give it by --key:\n  ${report.keys.join('\n  ')}\n`;
  if (report.ok) return `Nothing is wrong: ${looked}${uncovered}${trust}`;
  const shown = report.problems.slice(0, 20).map(({ kind, message }) => `  ${kind}: ${message}\n`);
  const more = report.problems_total - shown.length;
  return `WRONG: ${looked}${shown.join('')}${more > 0 ? `  and ${more.toLocaleString('en')} more\n` : ''}${trust}`;
}
