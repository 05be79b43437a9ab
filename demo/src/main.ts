/** The demo loop: trains a model, lets mail arrive, and plays the people that are not there. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { uuidV7 } from '@countersign/contract';
import { compensations, shutdown, start, verdicts } from '@countersign/otel-instrumentation';
import { loadCorpus, type Message } from './corpus.ts';
import { Mailbox } from './mailbox.ts';
import { calibrate, damage, predict, train } from './model.ts';
import { uniform } from './random.ts';
import { startReviewers } from './reviewers.ts';
import { MailService, workflow, type Release } from './service.ts';
import { startStandIns } from './stand-ins.ts';
import { readState, writeState } from './state.ts';

const usage = `npm run demo: real mail, sorted by a model that asks before it acts alone

Options:
  --degrade          release a damaged version of the model, into the running demo or a new one
  --rate N           messages a second (default 2)
  --reviewers N      simulated reviewers, 0 to 4 (default 4)
  --error-rate P     share of their decisions that are wrong (default 0.04)
  --pace SECONDS     mean time one of them takes for a case (default 1.5)
  --leave N          waiting cases they leave for you (default 10)
  --help             this text

It needs the stack of "npm start -- --no-demo", or is part of "npm start".
`;

const { values } = parse({
  options: {
    degrade: { type: 'boolean' },
    rate: { type: 'string', default: '2' },
    reviewers: { type: 'string', default: '4' },
    'error-rate': { type: 'string', default: '0.04' },
    pace: { type: 'string', default: '1.5' },
    leave: { type: 'string', default: '10' },
    help: { type: 'boolean', short: 'h' },
  },
});
const names = ['robin', 'jo', 'sasha', 'kim'];
/** With this many cases open, intake waits: people must not be flooded. */
const mostWaiting = 60;

if (values.help) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const directory = needed('COUNTERSIGN_DEMO_STATE');
  const statePath = join(directory, 'state.json');
  const before = readState(statePath);
  if (values.degrade) writeState(statePath, { damaged: before.damaged + 1 });
  if (process.env['COUNTERSIGN_DEMO_RUNNING'] === '1') {
    say(
      values.degrade
        ? 'the running demo takes a damaged version into service now; watch the Response page of the app'
        : 'the demo runs already, as part of "npm start"; use --degrade to damage its model',
    );
    return;
  }
  const appUrl = needed('COUNTERSIGN_APP_URL');
  const rate = number('rate', (n) => n > 0 && n <= 1_000);
  const reviewers = number('reviewers', (n) => Number.isInteger(n) && n >= 0 && n <= names.length);
  const errorRate = number('error-rate', (n) => n >= 0 && n <= 1);
  const paceMs = 1_000 * number('pace', (n) => n > 0);
  const leave = number('leave', (n) => Number.isInteger(n) && n >= 0);

  const corpus = loadCorpus();
  const trained = calibrate(train(corpus.training), corpus.calibration);
  const right = corpus.arriving.filter(({ tokens, label }) => predict(trained, tokens).label === label).length;
  say(
    `trained on ${corpus.training.length} messages, calibrated on ${corpus.calibration.length}; ` +
      `right on ${((100 * right) / corpus.arriving.length).toFixed(1)} % of the ${corpus.arriving.length} that will arrive`,
  );

  const random = uniform(Date.now());
  const byId = new Map(corpus.arriving.map((message) => [message.id, message]));
  // A task is a message in one round through the corpus: "1.easy-ham-1.00042".
  const messageOf = (task: string) => byId.get(task.slice(task.indexOf('.') + 1)) ?? null;
  const service = new MailService({ messageOf, mailbox: new Mailbox(join(directory, 'mail')), random, say });
  const damagedRelease = (nth: number): Release => ({
    version: `1.${nth}.0`,
    model: damage(trained),
    trainedAt: new Date().toISOString(),
  });
  // All that were ever released can be gone back to; the good one is in service at first.
  for (let nth = 1; nth <= before.damaged; nth++) service.deploy(damagedRelease(nth));
  service.deploy({ version: '1.0.0', model: trained, trainedAt: '2002-07-01T00:00:00Z' });

  void start({ source: 'mail-service', onTrouble: say });
  compensations(workflow, { move_back: ({ task }) => service.moveBack(task) });
  const stopVerdicts = await verdicts(workflow, (verdict) => service.hear(verdict));
  const stopStandIns = await startStandIns(Number(needed('COUNTERSIGN_DEMO_PAGER_PORT')), say);
  const stopReviewers = startReviewers({
    appUrl,
    names: names.slice(0, reviewers),
    errorRate,
    paceMs,
    leave,
    truthOf: (task) => messageOf(task)?.label ?? null,
    random,
    newId: () => uuidV7(Date.now(), randomBytes(10)),
    onTrouble: (error) => say(`a simulated reviewer: ${String(error)}`),
  });

  let released = before.damaged;
  const arriving = setInterval(() => {
    const { arrived, damaged } = readState(statePath);
    if (damaged > released) {
      released = damaged;
      service.deploy(damagedRelease(damaged));
    }
    if (service.waitingForPeople >= mostWaiting) return;
    const message = corpus.arriving[arrived % corpus.arriving.length] as Message;
    const round = Math.floor(arrived / corpus.arriving.length) + 1;
    writeState(statePath, { arrived: arrived + 1 });
    service
      .receive(`${round}.${message.id}`, message)
      .catch((error: unknown) => say(`a message waits: ${String(error)}`));
  }, 1_000 / rate);
  say(
    `${rate} messages a second arrive; ${reviewers} simulated reviewers are wrong in ${errorRate * 100} % of their decisions`,
  );

  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  clearInterval(arriving);
  service.stop();
  await stopReviewers();
  await stopVerdicts();
  await stopStandIns();
  await shutdown();
}

function number(name: 'rate' | 'reviewers' | 'error-rate' | 'pace' | 'leave', allowed: (n: number) => boolean): number {
  const value = Number(values[name]);
  if (allowed(value)) return value;
  process.stderr.write(`--${name} is "${values[name]}". See --help.\n`);
  process.exit(2);
}

/** As parseArgs, but what is wrong is said in a line, with where to look. */
function parse<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nSee --help.\n`);
    process.exit(2);
  }
}

function needed(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  process.stderr.write(`${name} is not set. Run the demo by "npm start" or "npm run demo".\n`);
  process.exit(1);
}

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}
