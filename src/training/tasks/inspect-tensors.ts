import type { TensorFacts } from '#contract/domain/checkpoint.ts'
import type { Task } from '#node/serve-task.ts'
import { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'

type Statistics = Pick<TensorFacts, 'mean' | 'standardDeviation' | 'min' | 'max' | 'nonFinite'>

/** Statistics of each tensor of a safetensors file, sorted by name; one tensor is in memory at a time. */
export const inspectTensors: Task<'inspect-tensors'> = async ({ file }, _report, signal) => {
  await using reader = await SafetensorsReader.open(file)
  const tensors: TensorFacts[] = []
  for (const entry of reader.entries.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))) {
    signal.throwIfAborted()
    const { name, dtype, shape, sizeBytes } = entry
    tensors.push({ name, dtype, shape: [...shape], sizeBytes, ...statisticsOf(await reader.readNumbers(entry)) })
  }
  return { tensors }
}

/** Mean, population standard deviation and extremes of the finite values; null if there are none. */
export function statisticsOf(values: ArrayLike<number>): Statistics {
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (!Number.isFinite(value)) continue
    count += 1
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  const nonFinite = values.length - count
  if (count === 0) return { mean: null, standardDeviation: null, min: null, max: null, nonFinite }
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (Number.isFinite(value)) squares += (value - mean) ** 2
  }
  return { mean, standardDeviation: Math.sqrt(squares / count), min, max, nonFinite }
}
