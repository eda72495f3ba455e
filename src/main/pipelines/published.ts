import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { slug } from '#contract/domain/dataset.ts'

/** Values that share a source, by field: `distill.epochs`, and `stages`. */
const recipePart = z.strictObject({ source: z.string().min(1), values: z.record(z.string(), z.json()) })

/** `published/parts.json`: the published values, each written once. */
export const recipeParts = z.record(z.string(), recipePart)
export type RecipeParts = z.infer<typeof recipeParts>

/** `published/presets.json`: which parts make up each preset. Later parts replace values of earlier ones; `every` comes first in all. */
export const publishedPresets = z.strictObject({
  every: z.array(z.string()),
  presets: z.array(
    z.strictObject({ name: slug, title: z.string(), description: z.string(), parts: z.array(z.string()) }),
  ),
})
export type PublishedPresets = z.infer<typeof publishedPresets>

/** A preset that is assembled but not checked yet. */
export interface ComposedPreset {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly sources: Readonly<Record<string, string>>
  readonly configuration: Readonly<Record<string, unknown>>
}

/** Puts the published presets together from their parts; each value keeps the source of the part that it comes from. */
export function composePublished({ every, presets }: PublishedPresets, parts: RecipeParts): ComposedPreset[] {
  return presets.map(({ name, title, description, parts: own }) => {
    const sources: Record<string, string> = {}
    const configuration: Record<string, unknown> = {}
    for (const partName of [...every, ...own]) {
      const part = parts[partName]
      if (part === undefined)
        throw new StudioError(
          'configuration-invalid',
          `The preset ${name} uses ${partName}, which published/parts.json does not have.`,
          'Correct the preset, or reinstall the studio.',
        )
      for (const [path, value] of Object.entries(part.values)) {
        sources[path] = part.source
        set(configuration, path, value)
      }
    }
    return { name, title, description, sources, configuration }
  })
}

function set(configuration: Record<string, unknown>, path: string, value: unknown): void {
  const [stage = '', key] = path.split('.')
  configuration[stage] = key === undefined ? value : { ...(configuration[stage] as object | undefined), [key]: value }
}
