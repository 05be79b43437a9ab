import { at } from './input.ts';

export interface LeastSquares {
  readonly coefficients: readonly number[];
  readonly standardErrors: readonly number[];
  /** Sum of squared residuals. */
  readonly residual: number;
}

/**
 * Ordinary least squares of `y` on the columns of `rows`, by the normal equations: for a few columns. `null` when the
 * columns depend on each other, or there are not more rows than columns.
 */
export function leastSquares(rows: readonly (readonly number[])[], y: readonly number[]): LeastSquares | null {
  const columns = rows[0]?.length ?? 0;
  if (rows.length <= columns) return null;
  const normal = Array.from({ length: columns }, () => new Float64Array(columns + 1 + columns));
  rows.forEach((row, i) => {
    for (let a = 0; a < columns; a++) {
      const target = at(normal, a);
      for (let b = 0; b < columns; b++) target[b] = (target[b] ?? 0) + at(row, a) * at(row, b);
      target[columns] = (target[columns] ?? 0) + at(row, a) * at(y, i);
    }
  });
  normal.forEach((target, a) => (target[columns + 1 + a] = 1));
  if (!reduce(normal, columns)) return null;
  const coefficients = normal.map((row) => row[columns] ?? 0);
  const residual = rows.reduce((sum, row, i) => {
    const fitted = row.reduce((s, value, a) => s + value * at(coefficients, a), 0);
    return sum + (at(y, i) - fitted) ** 2;
  }, 0);
  const variance = residual / (rows.length - columns);
  const standardErrors = normal.map((row, a) => Math.sqrt(Math.max(variance * (row[columns + 1 + a] ?? 0), 0)));
  return { coefficients, standardErrors, residual };
}

/** Gauss–Jordan with partial pivoting, in place; false when singular. */
function reduce(matrix: Float64Array[], columns: number): boolean {
  const scale = Math.max(...matrix.map((row, i) => Math.abs(row[i] ?? 0)), 1e-300);
  for (let i = 0; i < columns; i++) {
    let pivot = i;
    for (let j = i; j < columns; j++)
      if (Math.abs(at(matrix, j)[i] ?? 0) > Math.abs(at(matrix, pivot)[i] ?? 0)) pivot = j;
    const row = at(matrix, pivot);
    matrix[pivot] = at(matrix, i);
    matrix[i] = row;
    const lead = row[i] ?? 0;
    if (Math.abs(lead) < 1e-12 * scale) return false;
    for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) / lead;
    matrix.forEach((other, j) => {
      const factor = other[i] ?? 0;
      if (j === i || factor === 0) return;
      for (let k = 0; k < row.length; k++) other[k] = (other[k] ?? 0) - factor * (row[k] ?? 0);
    });
  }
  return true;
}
