/** A reference from a file of rows, such as a model's validation set: JSON lines. */
import { Features, Output } from '@countersign/contract';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { addDecision, startBuilder, type ReferenceBuilder } from './reference-builder.ts';

/** As in an AI decision; what else a row has is left alone. */
const Row = Compile(
  Type.Object({
    features: Type.Optional(Features),
    output: Output,
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
  }),
);

export type ReferenceRows =
  { readonly is: 'rows'; readonly builder: ReferenceBuilder } | { readonly is: 'bad'; readonly problem: string };

/** Fewer rows say too little of how anything is distributed. */
const fewestRows = 100;

export function readReferenceRows(lines: Iterable<string>): ReferenceRows {
  const builder = startBuilder();
  let number = 0;
  for (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      return bad(number, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!Row.Check(row)) {
      const [problem] = Row.Errors(row);
      const field = problem?.instancePath.slice(1).replaceAll('/', '.') ?? '';
      return bad(number, `${field === '' ? 'it' : field} ${problem?.message ?? 'is wrong'}. ${wanted}`);
    }
    addDecision(builder, row);
  }
  if (builder.decisions >= fewestRows) return { is: 'rows', builder };
  return { is: 'bad', problem: `there are ${builder.decisions} rows; a reference wants at least ${fewestRows}.` };
}

const wanted = 'Write {"features": {…}, "output": {"label": "…"}, "confidence": 0.9}, one a line.';
const bad = (line: number, problem: string): ReferenceRows => ({ is: 'bad', problem: `line ${line}: ${problem}` });
