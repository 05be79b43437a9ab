/** The types that are printed of a policy, and that they compile: what the policy has passes, and what it has not does not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Policy } from '@countersign/contract';
import { parse, stringify } from 'yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { checkPolicy } from './check.ts';
import { literalType, typeOfSchema } from './schema-types.ts';
import { policyTypes, typeName } from './types.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'countersign-types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function policyIn(text: string): Policy {
  const check = checkPolicy(text);
  if (check.is === 'bad') throw new Error(JSON.stringify(check.problems));
  return check.policy;
}

const kept = readdirSync(join(root, 'policies')).filter((name) => name.endsWith('.yaml'));
const mail = readFileSync(join(root, 'policies/mail-moderation.yaml'), 'utf8');
const change = (edit: (policy: { [K in keyof Policy]: Policy[K] }) => void): Policy => {
  const policy = parse(mail) as Policy;
  edit(policy);
  return policyIn(stringify(policy));
};

/** Each schema with values that it lets pass. */
const schemas: readonly (readonly [schema: unknown, type: string, ...values: unknown[]])[] = [
  [{ type: 'string', maxLength: 3 }, 'string', 'abc'],
  [{ type: 'integer' }, 'number', 3],
  [{ type: ['number', 'null'] }, 'number | null', 0.5, null],
  [{ enum: ['a', 1, null, [true]] }, '"a" | 1 | null | (readonly [true])', 'a', 1, null, [true]],
  [{ const: { a: 1 } }, '{ readonly a: 1 }', { a: 1 }],
  [{ type: 'array', items: { type: ['string', 'null'] } }, 'readonly (string | null)[]', ['a', null]],
  [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'readonly (readonly number[])[]', [[1]]],
  [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } }, 'readonly unknown[]', ['a', 1]],
  [{ anyOf: [{ type: 'string' }, { type: 'boolean' }] }, 'string | boolean', 'a', true],
  [{ type: 'object', additionalProperties: { type: 'number' } }, '{\n  readonly [name: string]: number;\n}', { a: 1 }],
  [{ type: 'object', additionalProperties: false }, 'Readonly<Record<string, never>>', {}],
  [
    {
      type: 'object',
      properties: { cents: { type: 'integer', description: 'In */ cents' }, 'to-whom': { type: 'string' } },
      required: ['cents', 'other'],
    },
    '{\n  /** In *\\/ cents */\n  readonly cents: number;\n  readonly "to-whom"?: string;\n  readonly other: unknown;\n  readonly [name: string]: unknown;\n}',
    { cents: 5, other: 'x', more: 1 },
  ],
  [
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
        { anyOf: [{ type: 'object' }, { type: 'null' }] },
      ],
    },
    '{\n  readonly a: string;\n} & ({\n  readonly [name: string]: unknown;\n} | null)',
    { a: 'x' },
  ],
  [{ not: { type: 'string' } }, 'unknown', 1],
  [{ anyOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] }, 'unknown', 1],
  [true, 'unknown', { a: [1] }],
  [false, 'never'],
];

describe('a JSON Schema as a type', () => {
  it.each(schemas)('%j is %s', (schema, type) => {
    expect(typeOfSchema(schema)).toBe(type);
  });
});

describe('the types of a policy', () => {
  it('have the label, reasons, models and features of the demo', () => {
    expect(policyTypes([policyIn(mail)])).toContain(`/** Mail moderation */
export interface MailModeration extends WorkflowTypes {
  readonly workflow: "mail-moderation";
  readonly label: "spam" | "ham";
  readonly reasonCode: "newsletter" | "personal" | "phishing" | "advertising" | "mailing list" | "not enough to tell";
  readonly model: "spam-logit";
  readonly features: {
    readonly length: number | null;
    readonly has_html: boolean | null;
    readonly links: number | null;
    readonly exclamation_share: number | null;
    readonly uppercase_share: number | null;
    readonly language: "en" | "other" | "short" | null;
    readonly sender: string | null;
  };
}
`);
  });

  it('leave open what a policy says nothing of, and let nothing pass where it has none', () => {
    const bare = change((policy) => {
      policy.review.reason_codes = [];
      delete policy.loop.features;
    });
    const types = policyTypes([bare]);
    expect(types).toContain('readonly reasonCode: never;');
    expect(types).not.toMatch(/features|value/);
  });

  it('are named after the workflow, each its own way', () => {
    expect(['mail-moderation', '3d-scans', 'a--b-'].map(typeName)).toEqual(['MailModeration', 'Workflow3dScans', 'AB']);
    const named = (workflow: string) => change((policy) => (policy.workflow = workflow));
    expect(() => policyTypes([named('a-b'), named('a--b')])).toThrow('two workflows would be called AB');
  });

  it('compile: what the policy has passes, and what it has not is an error', () => {
    const refunds = change((policy) => {
      policy.workflow = 'refunds';
      policy.title = 'Refunds */ of all';
      policy.review.output = {
        type: 'object',
        properties: { cents: { type: 'integer' } },
        required: ['cents'],
        additionalProperties: false,
      };
    });
    const policies = kept.map((name) => policyIn(readFileSync(join(root, 'policies', name), 'utf8')));
    const values = schemas.flatMap(([schema, , ...its]) =>
      its.map((value, i) => `  [${JSON.stringify(value)} satisfies ${typeOfSchema(schema)}, ${i}],\n`),
    );
    const wrong = [
      `mail.decision({ ...options, features: { ...features, lenght: 1 } }, () => 1);`,
      `mail.decision({ ...options, features: { length: 1 } }, () => 1);`,
      `mail.decision({ ...options, model: { ...options.model, name: 'spam-tree' } }, () => 1);`,
      `mail.decision(options, (d) => d.output({ label: 'spma' }, 1));`,
      `mail.decision(options, (d) => d.output({ label: 'spam', scores: { eggs: 1 } }, 1));`,
      `mail.humanDecision(ref, { reviewer: 'ana', action: 'reject', justification: '', reasonCode: 'no idea' });`,
      `mail.recordOutcome(ref, { label: 'eggs' });`,
      `refunds.decision(options, (d) => d.output({ label: 'ham', value: { cents: '5' } }, 1));`,
      `workflow<MailModeration>('mail-moderatoin');`,
    ];
    const passes = `
export const mail = workflow<MailModeration>('mail-moderation');
export const refunds = workflow<Refunds>('refunds');
export const features = {
  length: 1, has_html: true, links: 0, exclamation_share: 0, uppercase_share: null, language: 'en', sender: 'x',
} as const;
export const options = {
  task: 't', model: { name: 'spam-logit', version: '1', hash: 'sha256:' }, riskTier: 'low', reversible: true,
  input: { content: '' }, features,
} as const;
export declare const ref: DecisionRef;
export const values = [\n${values.join('')}];
mail.decision(options, (d) => d.output({ label: 'spam', scores: { spam: 0.9 } }, 0.9));
mail.humanDecision(ref, { reviewer: 'ana', action: 'reject', justification: '', reasonCode: 'personal' });
refunds.decision(options, (d) => d.output({ label: 'ham', value: { cents: 5 } }, 1));
await refunds.verdicts(({ output: { value } }) => console.log((value?.cents ?? 0) + 1));
`;
    const uses = `import { workflow, type DecisionRef } from '@countersign/otel-instrumentation';
import type { MailModeration, Refunds } from './types.ts';
`;
    const errors = compiled({
      'types.ts': policyTypes([...policies, refunds]),
      'passes.ts': uses + passes,
      'wrong.ts': `${wrong.join('\n')}
${uses}import { features, mail, options, ref, refunds } from './passes.ts';
`,
    });
    expect(errors.map((error) => error.replace(/,.*/s, ''))).toEqual(wrong.map((_, i) => `wrong.ts(${i + 1}`));
  });
});

/** What the compiler says of these files, as strict as can be, an entry an error. */
function compiled(files: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      typeRoots: [join(root, 'node_modules/@types')],
      noUnusedLocals: false,
      paths: { '@countersign/otel-instrumentation': [join(root, 'otel-instrumentation/src/index.ts')] },
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line.includes('error TS'));
}

it('writes a value as its type', () => {
  expect(literalType('it’s "so"')).toBe('"it’s \\"so\\""');
});
