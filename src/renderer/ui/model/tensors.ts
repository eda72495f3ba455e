import type { TensorFacts } from '#contract/domain/checkpoint.ts'
import { t } from '../language.ts'

export type TensorOrder = 'file' | 'name' | 'size'

export const valuesIn = ({ shape }: Pick<TensorFacts, 'shape'>): number =>
  shape.reduce((product, size) => product * size, 1)

/** `[96, 3, 2, 16, 16]` as `96 × 3 × 2 × 16 × 16`; a scalar has an empty shape. */
export const formatShape = (shape: readonly number[]): string =>
  shape.length === 0 ? t('ui.tensors.scalar') : shape.join(' × ')

/** Tensors whose name contains every word, in file order, by name (with numbers by value) or by size. */
export function arrangeTensors(tensors: readonly TensorFacts[], search: string, order: TensorOrder): TensorFacts[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = tensors.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  if (order === 'name') return found.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  return order === 'size' ? found.toSorted((a, b) => b.sizeBytes - a.sizeBytes) : found
}
