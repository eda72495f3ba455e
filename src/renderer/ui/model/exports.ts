import {
  type Checkpoint,
  exportFormatFacts,
  type ExportFormat,
  type ExportResult,
} from '#contract/domain/checkpoint.ts'
import { formatNumber } from '../format.ts'
import { t } from '../language.ts'

/** File name for exports of a checkpoint, without extension. */
export const exportBase = ({ pipelineId, stage, step }: Pick<Checkpoint, 'pipelineId' | 'stage' | 'step'>): string =>
  `${pipelineId}-${stage}-step-${step}`

/** Name of the exported file or folder. */
export function exportName(base: string, format: ExportFormat): string {
  const { extension } = exportFormatFacts[format]
  return extension === null ? `${base}-${format}` : `${base}.${extension}`
}

/** Difference between the outputs of an export and of the studio on one clip. */
export function describeDifference({
  maxDifference,
  output,
  largestOutput,
}: Pick<ExportResult, 'maxDifference' | 'output' | 'largestOutput'>): string {
  if (maxDifference === 0) return t('ui.export.identical')
  return t('ui.export.atMost', {
    difference: formatNumber(maxDifference, 3),
    output: output.replaceAll('_', ' '),
    largest: formatNumber(largestOutput, 3),
  })
}
