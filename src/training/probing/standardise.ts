import type { LabelledFeatures } from './features.ts'

/**
 * Computes mean and standard deviation of each channel of the rows, and returns the function that standardises any rows with them. A
 * constant channel becomes 0.
 */
export function standardiser({
  rows,
  width,
  labels,
}: LabelledFeatures): (features: LabelledFeatures) => LabelledFeatures {
  const count = labels.length
  const mean = new Float64Array(width)
  rows.forEach((value, i) => void (mean[i % width] = (mean[i % width] ?? 0) + value / count))
  const variance = new Float64Array(width)
  rows.forEach(
    (value, i) =>
      void (variance[i % width] = (variance[i % width] ?? 0) + (value - (mean[i % width] ?? 0)) ** 2 / count),
  )
  // The deviation of a constant channel is rounding error of its mean.
  const scale = variance.map((value, i) =>
    Math.sqrt(value) <= 1e-12 * Math.abs(mean[i] ?? 0) ? 0 : 1 / Math.sqrt(value),
  )
  return (features) => ({
    ...features,
    rows: features.rows.map((value, i) => (value - (mean[i % width] ?? 0)) * (scale[i % width] ?? 0)),
  })
}
