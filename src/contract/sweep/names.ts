import { slug } from '../domain/dataset.ts'
import type { Overrides } from '../domain/pipeline.ts'
import type { SweepValue } from './request.ts'

const seedField = 'general.seed'

/**
 * Names of pipelines after what distinguishes them: `masks-mask-ratio-0p75-seed-1`. If a name gets too long, all have the values
 * alone (`masks-0p75-seed-1`); if that is too long, or two names would be equal, their numbers (`masks-3`).
 */
export function namesOf(prefix: string, members: readonly Overrides[]): string[] {
  const isAmbiguous = ambiguousKeys(members)
  const withKeys = (path: string, value: SweepValue) =>
    `${words(isAmbiguous.has(keyOf(path)) ? path : keyOf(path))}-${valueText(value)}`
  for (const label of [withKeys, withValues]) {
    const names = members.map((overrides) =>
      [prefix, ...Object.entries(overrides).map(([path, value]) => label(path, value))].join('-'),
    )
    if (new Set(names).size === names.length && names.every((name) => slug.safeParse(name).success)) return names
  }
  return members.map((_, index) => `${prefix}-${index + 1}`)
}

/** Keys that fields of several sections have. */
function ambiguousKeys(members: readonly Overrides[]): Set<string> {
  const paths = [...new Set(members.flatMap((overrides) => Object.keys(overrides)))]
  const keys = paths.map(keyOf)
  return new Set(keys.filter((key, index) => keys.indexOf(key) !== index))
}

const withValues = (path: string, value: SweepValue): string =>
  path === seedField ? `seed-${value}` : valueText(value)

const keyOf = (path: string): string => path.slice(path.indexOf('.') + 1)

/** `maskRatio` -> `mask-ratio`. */
const words = (key: string): string =>
  key
    .replaceAll(/[A-Z]/g, (letter) => `-${letter}`)
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()

/** `0.75` -> `0p75`, `smooth-l1` -> `smooth-l1`. */
const valueText = (value: SweepValue): string =>
  typeof value === 'number'
    ? String(value).replace('.', 'p').replace('+', '').replace(/^-/, 'minus')
    : words(String(value)).replaceAll(/^-+|-+$/g, '')
