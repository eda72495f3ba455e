import {
  cardPartNames,
  cardPartTitles,
  memoryPartNames,
  memoryPartTitles,
  type StageMemory,
} from '#contract/domain/memory.ts'
import { formatMetric as inEnglish } from '#contract/domain/metric-text.ts'
import { describeMetric, type MetricName, type MetricValue } from '#contract/domain/metric.ts'
import { durationParts, formatBytes } from '#contract/format.ts'
import { contractText, intlLocale, language, t } from './language.ts'

export { formatBytes, formatNumber, formatShare, formatStep } from '#contract/format.ts'

/** A recorded value with the unit of its metric, in the language of the window. */
export function formatMetric(name: MetricName, value: MetricValue): string {
  const text = inEnglish(name, value)
  const { unit } = describeMetric(name)
  return unit !== '' && text.endsWith(` ${unit}`) ? `${text.slice(0, -unit.length)}${contractText(unit)}` : text
}

/** `83_000` -> `1 min 23 s`; two units at most, hours without seconds. */
export const formatDuration = (durationMs: number): string =>
  durationParts(durationMs)
    .map(([value, unit]) => t(`ui.duration.${unit}`, { value }))
    .join(' ')

/** `a, b, and c` in the language of the window. */
export const formatList = (items: readonly string[]): string =>
  new Intl.ListFormat(language.value, { type: 'conjunction' }).format(items)

/** `1234567` -> `1.23 M`; whole numbers below ten thousand are not shortened. */
export function formatCount(count: number): string {
  if (count < 10_000) return String(count)
  const [value, suffix] = count < 1e6 ? [count / 1e3, 'k'] : count < 1e9 ? [count / 1e6, 'M'] : [count / 1e9, 'G']
  return `${value.toPrecision(3)} ${suffix}`
}

/** Epoch with at most two decimals: `3`, `3.25`. */
export const formatEpoch = (epoch: number): string => String(Number(epoch.toFixed(2)))

const phases: Partial<Record<string, string>> = { train: 'training ', validation: 'validation ', test: 'test ' }

/**
 * Short name of a metric, for lists: `validation/top1` -> `validation top-1`, `optimizer/learning-rate` -> `learning rate`.
 * It says the phase, because a run has a loss and a top-1 of several.
 */
export function shortName(name: MetricName): string {
  const { label } = describeMetric(name)
  // Other languages have no short form; without a translation it is that of English.
  if (contractText(label) !== label) return contractText(label)
  const [group = '', quantity = name] = name.split('/')
  return (phases[group] ?? '') + quantity.replace(/^top(\d)$/, 'top-$1').replaceAll(/-(?=[a-z])/g, ' ')
}

/** Unit of a value in the language of the window: `epochs`, but `epoch` for 1. */
export function formatUnit(unit: string, value: unknown): string {
  if (language.value !== 'en') return contractText(unit)
  return value === 1 && /^[a-z]+s$/.test(unit) ? unit.replace(/(?<=ch)es$|s$/, '') : unit
}

/** Memory of a stage by purpose: `Process 255 MiB, Weights 120 MiB, ...`. */
export const formatMemory = ({ parts, card }: StageMemory): string => {
  const main = memoryPartNames.map((part) => `${memoryPartTitles[part]} ${formatBytes(parts[part])}`).join(', ')
  if (card === undefined) return main
  const onCard = cardPartNames.map((part) => `${cardPartTitles[part]} ${formatBytes(card.parts[part])}`).join(', ')
  return `${main}; on the card: ${onCard}`
}

/** Local date and time of an ISO time, to the minute. */
export const formatDate = (iso: string): string => intl(iso, { dateStyle: 'medium', timeStyle: 'short' })

/** Local date of an ISO time. */
export const formatDay = (iso: string): string => intl(iso, { dateStyle: 'medium' })

/** Local time of day of an ISO time, to the minute. */
export const formatTime = (iso: string): string => intl(iso, { timeStyle: 'short' })

/** Formatters by language and options: to make one takes a hundred times longer than to use it. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function intl(iso: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${intlLocale.value} ${JSON.stringify(options)}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(intlLocale.value, options)
  formatters.set(key, formatter)
  return formatter.format(new Date(iso))
}

/** Age of an ISO time in one unit: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000)
  if (minutes < 1) return t('ui.ago.now')
  if (minutes < 60) return t('ui.ago.minutes', { minutes })
  return minutes < 24 * 60
    ? t('ui.ago.hours', { hours: Math.floor(minutes / 60) })
    : t('ui.ago.days', { days: Math.floor(minutes / 1440) })
}
