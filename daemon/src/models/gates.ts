/** The gates of a promotion: what monitors say of a version, and what reports from CI say. Pure. */
import type { Autonomy, Gate, GateReports, GateResult, Signal } from '@countersign/contract';

/** One result a gate that guards the level. What is not known does not pass. */
export function checkGates(
  gates: readonly Gate[],
  to: Autonomy,
  signals: readonly Signal[],
  reports: GateReports,
): GateResult[] {
  return gates
    .filter((gate) => gate.to === to)
    .map((gate) => {
      const value = gate.signal === undefined ? ofReport(gate, reports) : ofSignal(gate, signals);
      if (typeof value === 'string') return { gate, value: null, passed: false, reason: value };
      const limits = [
        ...(gate.at_most !== undefined && value > gate.at_most ? [`is above ${gate.at_most}`] : []),
        ...(gate.at_least !== undefined && value < gate.at_least ? [`is below ${gate.at_least}`] : []),
      ];
      const said = `${gateName(gate)} is ${Number(value.toPrecision(4))}`;
      return limits.length === 0
        ? { gate, value, passed: true, reason: said }
        : { gate, value, passed: false, reason: `${said}, which ${limits.join(' and ')}` };
    });
}

const gateName = ({ signal, subject, report, metric }: Gate): string =>
  signal === undefined ? `${metric} of the report ${report}` : [signal, subject].filter(Boolean).join(', ');

function ofReport({ report = '', metric = '' }: Gate, reports: GateReports): number | string {
  const numbers = Object.hasOwn(reports, report) ? reports[report] : undefined;
  if (numbers === undefined) return `there is no report ${report}. Give it with --report.`;
  const value = Object.hasOwn(numbers, metric) ? numbers[metric] : undefined;
  return value === undefined || !Number.isFinite(value) ? `the report ${report} has no number ${metric}.` : value;
}

function ofSignal({ signal = '', subject }: Gate, signals: readonly Signal[]): number | string {
  const found = signals.find((s) => s.monitor === signal && s.subject === (subject ?? null));
  if (found === undefined) return `${signal} says nothing of this version yet.`;
  return found.conclusive && found.value !== null ? found.value : `${signal} is inconclusive: ${found.summary}`;
}
