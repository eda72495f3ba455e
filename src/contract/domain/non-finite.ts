import { z } from 'zod'
import { formatQuantity } from '../format.ts'

/** A tensor with values that are NaN or infinite, and how many of each. */
export const nonFiniteTensor = z.object({ name: z.string(), nan: z.int(), infinite: z.int() })
export type NonFiniteTensor = z.infer<typeof nonFiniteTensor>

const maxNamed = 3

/** Completes a sentence such as "The model x has ...": `weights that are not finite: head.weight (2 NaN, 1 infinite) and 4 more tensors`. */
export function nonFiniteWeights(tensors: readonly NonFiniteTensor[]): string {
  const named = tensors.slice(0, maxNamed).map(({ name, nan, infinite }) => {
    const counts = [...(nan > 0 ? [`${nan} NaN`] : []), ...(infinite > 0 ? [`${infinite} infinite`] : [])]
    return `${name} (${counts.join(', ')})`
  })
  const others = tensors.length - named.length
  return `weights that are not finite: ${named.join(', ')}${others > 0 ? ` and ${formatQuantity(others, 'more tensor')}` : ''}`
}

/** What to do about a model with such weights. */
export const nonFiniteHint = 'Use an intact copy of the model, or another one. Training cannot repair such weights.'
