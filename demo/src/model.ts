/** Logistic regression over the presence of tokens, with Platt's calibration. Pure: same examples, same model. */
import { createHash } from 'node:crypto';
import { uniform } from './random.ts';

export type Label = 'spam' | 'ham';
export interface Example {
  readonly tokens: readonly string[];
  readonly label: Label;
}

export interface SpamModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly weights: Float64Array;
  readonly bias: number;
  /** P(spam) = sigmoid(slope · log-odds + intercept). */
  readonly slope: number;
  readonly intercept: number;
}

export interface Prediction {
  readonly label: Label;
  /** P(spam). */
  readonly spam: number;
  /** Probability that the label is right. */
  readonly confidence: number;
}

const vocabularySize = 6_000;
const fewestMessages = 4;
const epochs = 12;
const learningRate = 0.3;
const l2 = 1e-4;

/** AdaGrad, one example at a time, in an order drawn from a fixed seed. */
export function train(examples: readonly Example[]): SpamModel {
  const vocabulary = commonTokens(examples);
  const rows = examples.map(({ tokens }) => tokens.flatMap((token) => vocabulary.get(token) ?? []));
  const weights = new Float64Array(vocabulary.size);
  const squares = new Float64Array(vocabulary.size).fill(1);
  let bias = 0;
  let biasSquares = 1;
  const order = examples.map((_, i) => i);
  const next = uniform(1);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, next);
    for (const at of order) {
      const row = rows[at] ?? [];
      const odds = row.reduce((sum, index) => sum + (weights[index] ?? 0), bias);
      const gradient = sigmoid(odds) - Number(examples[at]?.label === 'spam');
      biasSquares += gradient ** 2;
      bias -= (learningRate * gradient) / Math.sqrt(biasSquares);
      for (const index of row) {
        const g = gradient + l2 * (weights[index] ?? 0);
        const square = (squares[index] ?? 1) + g ** 2;
        squares[index] = square;
        weights[index] = (weights[index] ?? 0) - (learningRate * g) / Math.sqrt(square);
      }
    }
  }
  return { vocabulary, weights, bias, slope: 1, intercept: 0 };
}

/** The tokens in most messages; ties in code unit order. */
function commonTokens(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tokens } of examples) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, count]) => count >= fewestMessages)
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, vocabularySize);
  return new Map(kept.map(([token], index) => [token, index]));
}

/** Platt scaling on examples that were not trained on: Newton's method on slope and intercept, with his smoothed targets. */
export function calibrate(model: SpamModel, examples: readonly Example[]): SpamModel {
  const odds = examples.map(({ tokens }) => logOdds(model, tokens));
  const spam = examples.filter(({ label }) => label === 'spam').length;
  const target = { spam: (spam + 1) / (spam + 2), ham: 1 / (examples.length - spam + 2) };
  let [slope, intercept] = [1, 0];
  for (let round = 0; round < 50; round++) {
    let [gradientA, gradientB, aa, ab, bb] = [0, 0, 1e-6, 0, 1e-6];
    odds.forEach((x, i) => {
      const p = sigmoid(slope * x + intercept);
      const error = p - target[examples[i]?.label ?? 'ham'];
      const weight = p * (1 - p);
      gradientA += error * x;
      gradientB += error;
      aa += weight * x * x;
      ab += weight * x;
      bb += weight;
    });
    const determinant = aa * bb - ab * ab;
    const stepA = (bb * gradientA - ab * gradientB) / determinant;
    const stepB = (aa * gradientB - ab * gradientA) / determinant;
    const damping = Math.min(1, 1 / Math.max(Math.abs(stepA), Math.abs(stepB) / 2, 1e-12));
    slope -= damping * stepA;
    intercept -= damping * stepB;
    if (Math.abs(stepA) + Math.abs(stepB) < 1e-9) break;
  }
  return { ...model, slope, intercept };
}

export function predict(model: SpamModel, tokens: readonly string[]): Prediction {
  const spam = sigmoid(model.slope * logOdds(model, tokens) + model.intercept);
  return { label: spam >= 0.5 ? 'spam' : 'ham', spam, confidence: Math.max(spam, 1 - spam) };
}

/** What each known token adds to the calibrated log-odds of spam, largest first. */
export function relevance(model: SpamModel, tokens: readonly string[]): { token: string; weight: number }[] {
  return tokens
    .flatMap((token) => {
      const index = model.vocabulary.get(token);
      return index === undefined ? [] : [{ token, weight: model.slope * (model.weights[index] ?? 0) }];
    })
    .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}

/**
 * The fewest tokens whose removal flips the label, and the label then; null when none of at most `limit` do. Weights add
 * up, so taking the largest first is minimal; the answer is predicted again, not assumed.
 */
export function counterfactual(
  model: SpamModel,
  tokens: readonly string[],
  limit: number,
): { removed: string[]; label: Label } | null {
  const before = predict(model, tokens);
  const sign = before.label === 'spam' ? 1 : -1;
  const support = relevance(model, tokens).filter(({ weight }) => weight * sign > 0);
  const removed = new Set<string>();
  for (const { token } of support.slice(0, limit)) {
    removed.add(token);
    const { label } = predict(
      model,
      tokens.filter((kept) => !removed.has(kept)),
    );
    if (label !== before.label) return { removed: [...removed], label };
  }
  return null;
}

/**
 * A bad build: the header row of the vocabulary file was counted as a token, so that each token reads its neighbour's
 * weight, and the calibration was left out.
 */
export function damage(model: SpamModel): SpamModel {
  const vocabulary = new Map([...model.vocabulary].map(([token, index]) => [token, index + 1]));
  return { ...model, vocabulary, slope: 1, intercept: 0 };
}

/** `sha256:<hex>` over all that makes up the model. */
export function modelHash({ vocabulary, weights, bias, slope, intercept }: SpamModel): string {
  const text = JSON.stringify([[...vocabulary], [...weights], bias, slope, intercept]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function logOdds(model: SpamModel, tokens: readonly string[]): number {
  return tokens.reduce((sum, token) => {
    const index = model.vocabulary.get(token);
    return index === undefined ? sum : sum + (model.weights[index] ?? 0);
  }, model.bias);
}

function shuffle(items: number[], next: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [items[i], items[j]] = [items[j] ?? 0, items[i] ?? 0];
  }
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
