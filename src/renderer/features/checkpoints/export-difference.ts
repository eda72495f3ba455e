import type { ExportResult } from '#contract/domain/checkpoint.ts'
import { formatNumber } from '../../ui/format.ts'

/** How an exported file, run on one clip, compares with the studio. */
export function describeDifference({
  maxDifference,
  output,
  largestOutput,
}: Pick<ExportResult, 'maxDifference' | 'output' | 'largestOutput'>): string {
  if (maxDifference === 0) return 'identical to the checkpoint'
  return `at most ${formatNumber(maxDifference, 3)} apart in ${output.replaceAll('_', ' ')}, where values reach ${formatNumber(largestOutput, 3)}`
}
