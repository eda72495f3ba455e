import { describeMetric, type MetricName, sortMetrics } from '#contract/domain/metric.ts'
import { contractText } from '../language.ts'

/** A chart of a page: one metric, or several of the same quantity. */
export interface ChartPlan {
  /** Name of its first metric. */
  key: MetricName
  title: string
  names: MetricName[]
  /** Figures of the machine have a section of their own. */
  isMachine: boolean
}

export interface ChartListOptions {
  /** Puts the training and validation curve of a quantity into one chart. */
  isTogether: boolean
  /** Part of the title or name of a metric. */
  search: string
  hidden: readonly MetricName[]
  /** Keys of charts that were moved, in their order. */
  order: readonly MetricName[]
}

const phases = ['train', 'validation', 'test']
const isMachine = (name: MetricName): boolean => /^(speed|system)\//.test(name)
const isLoss = (name: MetricName): boolean => /(^|[/_.-])loss$/i.test(name)
const quantityOf = (name: MetricName): string | undefined => {
  const [phase = '', ...rest] = name.split('/')
  return phases.includes(phase) && rest.length > 0 ? rest.join('/') : undefined
}
const quantityTitles: Partial<Record<string, string>> = { loss: 'Loss', top1: 'Top-1', top5: 'Top-5' }

/** Charts of some metrics: losses first, then the order of the registry, then what was moved to its position. */
export function chartList(metrics: Iterable<MetricName>, options: ChartListOptions): ChartPlan[] {
  const names = sortMetrics([...metrics].filter((name) => name !== 'progress/epoch'))
  const sorted = [...names.filter(isLoss), ...names.filter((name) => !isLoss(name))]
  const groups = Map.groupBy(sorted, (name) => (options.isTogether ? quantityOf(name) : undefined) ?? name)
  const plans = [...groups].flatMap(([quantity, members]): ChartPlan[] => {
    const key = members[0]
    if (key === undefined) return []
    const title =
      members.length === 1
        ? contractText(describeMetric(key).label)
        : contractText(quantityTitles[quantity] ?? quantity)
    return [{ key, title, names: members, isMachine: isMachine(key) }]
  })
  const words = options.search.toLowerCase().split(/\s+/)
  const shown = plans.filter(({ key, title, names: members }) => {
    const text =
      `${title} ${members.map((name) => `${name} ${describeMetric(name).label} ${contractText(describeMetric(name).label)}`).join(' ')}`.toLowerCase()
    return !options.hidden.includes(key) && words.every((word) => text.includes(word))
  })
  return inOrder(shown, options.order)
}

/** The plans with those of `order` in that order, each before what followed it. */
function inOrder(plans: readonly ChartPlan[], order: readonly MetricName[]): ChartPlan[] {
  const position = new Map(order.map((key, index) => [key, index]))
  const moved = plans.filter(({ key }) => position.has(key))
  if (moved.length < plans.length && moved.length > 0) {
    // Metrics that appeared after the order was written come last.
    const rest = plans.filter(({ key }) => !position.has(key))
    return [...inOrder(moved, order), ...rest]
  }
  return plans.toSorted((a, b) => (position.get(a.key) ?? 0) - (position.get(b.key) ?? 0))
}

/** Keys of charts with one of them moved to the position of another. */
export function withMoved(keys: readonly MetricName[], key: MetricName, to: MetricName): MetricName[] {
  const from = keys.indexOf(key)
  const target = keys.indexOf(to)
  return from < 0 || target < 0 ? [...keys] : keys.toSpliced(from, 1).toSpliced(target, 0, key)
}
