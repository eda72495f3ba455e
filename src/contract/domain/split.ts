import { z } from 'zod'

export const splits = ['train', 'validation', 'test'] as const
export const splitSchema = z.enum(splits)
export type Split = z.infer<typeof splitSchema>

const spellings: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
}

/** The split that a name from elsewhere means, in any letter case: `val` and `Valid` are `validation`. */
export function splitNamed(name: string): Split | undefined {
  const key = name.trim().toLowerCase()
  return Object.hasOwn(spellings, key) ? spellings[key] : undefined
}
