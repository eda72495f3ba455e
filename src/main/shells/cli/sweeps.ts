import { StudioError } from '#contract/api/errors.ts'
import type { Overrides } from '#contract/domain/pipeline.ts'
import { formatQuantity } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { SweepAxis, SweepPlan } from '#contract/sweep/request.ts'
import { table } from './output.ts'
import { parseSetting } from './settings.ts'

const example =
  'Write a list, such as distill.maskRatio=0.75,0.9, or with --random a range, such as distill.learningRate=1e-5..1e-3:log.'

/**
 * Parses one `--vary`: `section.key=a,b,c`, or `section.key=from..to`, with `:log` if it is drawn logarithmically.
 * @throws StudioError `configuration-invalid`
 */
export function parseVaried(text: string): SweepAxis {
  const [, field = '', given = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (given.trim() === '') throw new StudioError('configuration-invalid', `--vary "${text}" has no values.`, example)
  const valueOf = (value: string) => parseSetting(`${field}=${value}`, '--vary').value
  const [, from, to, scale] = /^(.+?)\.\.(.+?)(:log)?$/.exec(given.trim()) ?? []
  if (from === undefined || to === undefined) return { field, values: given.split(',').map((value) => valueOf(value)) }
  const [low, high] = [valueOf(from), valueOf(to)]
  if (typeof low !== 'number' || typeof high !== 'number')
    throw new StudioError('configuration-invalid', `--vary "${text}": a range needs numbers.`, example)
  return { field, from: low, to: high, scale: scale === undefined ? 'linear' : 'log' }
}

/** A row per pipeline with its varied values, and the number of runs. */
export function sweepText({ pipelines, runCount, unsharedRunCount }: SweepPlan): string {
  const fields = [...new Set(pipelines.flatMap(({ overrides }) => Object.keys(overrides)))]
  const rows = pipelines.map(({ name, overrides, stages }) => [
    name,
    ...fields.map((field) => valueText(overrides, field)),
    stages.map((stage) => stageTitles[stage]).join(', '),
  ])
  return `${table(['Pipeline', ...fields, 'Stages'], rows)}\n${sweepSummary({ pipelines, runCount, unsharedRunCount })}`
}

/** `9 pipelines, 18 runs. Training shared stages once saves 16 runs.` */
export function sweepSummary({
  pipelines,
  runCount,
  unsharedRunCount,
}: Pick<SweepPlan, 'pipelines' | 'runCount' | 'unsharedRunCount'>): string {
  const saved = unsharedRunCount - runCount
  const size = `${formatQuantity(pipelines.length, 'pipeline')}, ${formatQuantity(runCount, 'run')}.`
  return saved > 0 ? `${size} Training shared stages once saves ${formatQuantity(saved, 'run')}.` : size
}

const valueText = (overrides: Overrides, field: string): string => {
  const value = overrides[field]
  return value === undefined ? '–' : String(value)
}
