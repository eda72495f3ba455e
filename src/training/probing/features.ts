/** Features of labelled videos: `rows` [N, width] in row-major order, `labels` [N] as class indices. */
export interface LabelledFeatures {
  readonly width: number
  readonly rows: Float64Array
  readonly labels: Int32Array
}

export const rowOf = ({ rows, width }: Pick<LabelledFeatures, 'rows' | 'width'>, index: number): Float64Array => rows.subarray(index * width, (index + 1) * width)

/** The row divided by its length; a row of zeros stays as it is. */
export function unitRow(row: Readonly<Float64Array>): Float64Array {
  const length = Math.sqrt(dot(row, row))
  return row.map((value) => (length === 0 ? 0 : value / length))
}

export function dot(a: Readonly<Float64Array>, b: Readonly<Float64Array>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
