/** What a query asks for, read from its PromQL and held to the contract's metrics: only for the tests. */
import { metrics, processMetrics, type Metric } from '@countersign/contract';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

const table: Readonly<Record<string, Metric>> = { ...metrics, ...processMetrics };
/** Of every series that Prometheus scrapes. */
const ofTheScrape = ['instance', 'job'];

/** What an expression gives: a number, or series with these labels, at a time or over a range. */
type Result =
  | { readonly is: 'number' }
  | { readonly is: 'series'; readonly labels: ReadonlySet<string>; readonly of: Metric['type'] | 'computed' };

export interface Read {
  /** Labels of the series that come out. */
  readonly labels: readonly string[];
  readonly metrics: readonly string[];
}

/** Throws what is wrong with it: bad syntax, an unknown metric or label, a rate of what is no counter, a lost `le`. */
export function readQuery(query: string): Read {
  const text = query
    .replaceAll(/\$__(rate_)?interval/g, '5m')
    .replaceAll('$__range', '6h')
    .replaceAll('$minor_units', '100');
  const used: string[] = [];
  const say = (node: SyntaxNode) => text.slice(node.from, node.to);
  const fail = (node: SyntaxNode, why: string): never => {
    throw new TypeError(`${why}: ${say(node)} in ${query}`);
  };
  const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
    const children = [];
    for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
    return children;
  };
  const namesIn = (node: SyntaxNode): string[] => node.getChildren('LabelName').map(say);

  const read = (node: SyntaxNode): Result => {
    const children = childrenOf(node);
    const [first, second] = children;
    switch (node.name) {
      case 'PromQL':
      case 'ParenExpr':
      case 'MatrixSelector':
      case 'SubqueryExpr':
        return read(first ?? fail(node, 'Empty'));
      case 'NumberDurationLiteral':
      case 'StringLiteral':
        return { is: 'number' };
      case 'VectorSelector':
        return readSelector(node);
      case 'FunctionCall':
        return readCall(node);
      case 'AggregateExpr':
        return readAggregate(node);
      case 'BinaryExpr':
        return readBinary(node, read(first ?? fail(node, 'Empty')), read(children.at(-1) ?? fail(node, 'Empty')));
      default:
        return fail(node, `${node.name} ${second?.name ?? ''} is not expected`);
    }
  };

  const readSelector = (node: SyntaxNode): Result => {
    const name = say(node.getChild('Identifier') ?? node);
    const [base = name, suffix = ''] = /^(.*)(_bucket|_count|_sum)$/.exec(name)?.slice(1) ?? [];
    const metric = table[name] ?? table[base] ?? fail(node, 'There is no such metric');
    if ((metric.type === 'histogram') !== (table[name] === undefined)) fail(node, 'Not a series of that metric');
    used.push(table[name] === undefined ? base : name);
    for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
      const known = [...metric.labels, ...ofTheScrape, ...(suffix === '_bucket' ? ['le'] : [])];
      const unknown = namesIn(matcher).filter((label) => !known.includes(label));
      if (unknown.length > 0) fail(node, `It has no label ${unknown.join()}`);
    }
    const labels = new Set([...metric.labels, ...ofTheScrape, ...(suffix === '_bucket' ? ['le'] : [])]);
    return { is: 'series', labels, of: metric.type };
  };

  const argumentsOf = (node: SyntaxNode) =>
    childrenOf(node.getChild('FunctionCallBody') ?? fail(node, 'No arguments')).map((argument) => ({
      isRange: ['MatrixSelector', 'SubqueryExpr'].includes(argument.name),
      result: read(argument),
    }));

  const readCall = (node: SyntaxNode): Result => {
    const called = say(node.getChild('FunctionIdentifier') ?? node);
    if (called === 'label_join') {
      const [{ result } = fail(node, 'No series'), ...names] = argumentsOf(node);
      if (result.is !== 'series') return fail(node, 'No series');
      const [into = '', , ...from] = childrenOf(node.getChild('FunctionCallBody') ?? node)
        .slice(-names.length)
        .map((name) => say(name).slice(1, -1));
      for (const label of from) if (!result.labels.has(label)) fail(node, `The series have no label ${label}`);
      return { ...result, labels: new Set([...result.labels, into]) };
    }
    const last = argumentsOf(node).at(-1);
    if (last?.result.is !== 'series') return fail(node, 'No series');
    const { labels, of } = last.result;
    if (called === 'histogram_quantile') {
      if (!labels.has('le')) fail(node, 'le is lost');
      return { is: 'series', labels: new Set([...labels].filter((label) => label !== 'le')), of: 'computed' };
    }
    const counts = of === 'counter' || of === 'histogram';
    const isOfGauges = ['deriv', 'avg_over_time', 'last_over_time'].includes(called);
    if (!last.isRange || !(['rate', 'increase'].includes(called) ? counts : isOfGauges && !counts))
      fail(node, `${called} of what is a ${of}`);
    return { is: 'series', labels, of: 'computed' };
  };

  const readAggregate = (node: SyntaxNode): Result => {
    const result = argumentsOf(node).at(-1)?.result;
    if (result?.is !== 'series') return fail(node, 'No series');
    if (result.of === 'counter' || result.of === 'histogram') fail(node, 'A counter says nothing without a rate');
    if (say(node.getChild('AggregateOp') ?? node) === 'topk') return result;
    const grouping = node.getChild('AggregateModifier')?.getChild('GroupingLabels');
    const by = grouping ? namesIn(grouping) : [];
    const unknown = by.filter((label) => !result.labels.has(label));
    if (unknown.length > 0) fail(node, `The series have no label ${unknown.join()}`);
    return { is: 'series', labels: new Set(by), of: 'computed' };
  };

  const readBinary = (node: SyntaxNode, left: Result, right: Result): Result => {
    if (left.is === 'number') return right;
    if (right.is === 'number') return left;
    const matching = node.getChild('MatchingModifierClause')?.getChild('GroupingLabels');
    if (matching) {
      const lost = namesIn(matching).filter((label) => !left.labels.has(label) || !right.labels.has(label));
      if (lost.length > 0) fail(node, `Both sides should have ${lost.join()}`);
      return left;
    }
    const common = [...left.labels].filter((label) => right.labels.has(label)).length;
    if (common !== left.labels.size || common !== right.labels.size) fail(node, 'The sides have other labels');
    return left;
  };

  const tree = parser.parse(text);
  tree.iterate({
    enter: ({ type, node }) => {
      if (type.isError) fail(node, 'This is no PromQL');
    },
  });
  const result = read(tree.topNode);
  const labels = result.is === 'series' ? [...result.labels] : [];
  if (ofTheScrape.some((label) => labels.includes(label)))
    fail(tree.topNode, 'Not aggregated: a series for each daemon');
  return { labels, metrics: used };
}
