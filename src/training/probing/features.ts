/** Features of labelled videos: `rows` [N, width] in row-major order, `labels` [N] as class indices. */
export interface LabelledFeatures {
  readonly width: number
  readonly rows: Float64Array
  readonly labels: Int32Array
}

export const rowOf = ({ rows, width }: Pick<LabelledFeatures, 'rows' | 'width'>, index: number): Float64Array =>
  rows.subarray(index * width, (index + 1) * width)

/** The row divided by its length; a row of zeros is returned unchanged. */
export function unitRow(row: Readonly<Float64Array>): Float64Array {
  const length = Math.sqrt(dot(row, row))
  return row.map((value) => (length === 0 ? 0 : value / length))
}

/** Product of two rows, of which `b` starts at `from`. Four independent sums avoid a chain of dependent additions. */
export function dot(a: Readonly<Float64Array>, b: Readonly<Float64Array>, from = 0): number {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0]
  const whole = a.length - (a.length % 4)
  for (let i = 0, j = from; i < whole; i += 4, j += 4) {
    sum0 += (a[i] ?? 0) * (b[j] ?? 0)
    sum1 += (a[i + 1] ?? 0) * (b[j + 1] ?? 0)
    sum2 += (a[i + 2] ?? 0) * (b[j + 2] ?? 0)
    sum3 += (a[i + 3] ?? 0) * (b[j + 3] ?? 0)
  }
  for (let i = whole; i < a.length; i++) sum0 += (a[i] ?? 0) * (b[from + i] ?? 0)
  return sum0 + sum1 + (sum2 + sum3)
}
