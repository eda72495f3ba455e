import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { preset, type Preset } from '#contract/domain/pipeline.ts'
import { didYouMean } from '#contract/nearest.ts'
import { isTrainingStage } from '#contract/stages/index.ts'
import { readJson } from '#node/json-file.ts'
import { composePublished, publishedPresets, recipeParts } from './published.ts'

const publishedFolder = 'published'

/**
 * Reads every preset of a folder, smallest model first: whole ones, a file each, and the published ones, which share their
 * values. A broken one is a `StudioError` that names its file and field.
 */
export function readPresets(folder: string): Preset[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const published = join(folder, publishedFolder)
  const presets = [
    ...files.toSorted().map((name) => read(join(folder, name), preset)),
    ...(existsSync(published) ? readPublished(published) : []),
  ]
  return presets.toSorted((a, b) => size(a) - size(b))
}

/** @throws StudioError `preset-unknown`, naming the nearest preset or a few */
export function requirePreset(presets: readonly Preset[], name: string): Preset {
  const found = presets.find((preset) => preset.name === name)
  if (found !== undefined) return found
  const names = presets.map((preset) => preset.name)
  throw new StudioError(
    'preset-unknown',
    `There is no preset called ${name}.`,
    didYouMean(
      name,
      names,
      `There are ${names.length}, such as ${names.slice(0, 3).join(', ')}; "pipeline presets" lists them.`,
    ),
  )
}

function readPublished(folder: string): Preset[] {
  const file = join(folder, 'presets.json')
  const composed = composePublished(read(file, publishedPresets), read(join(folder, 'parts.json'), recipeParts))
  return composed.map((candidate) => {
    const result = preset.safeParse(candidate)
    if (result.success) return result.data
    throw broken(`The preset ${candidate.name} of ${file} is damaged: ${describeIssues(result.error.issues)}`)
  })
}

function read<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  try {
    return readJson(file, schema)
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    throw broken(cause.message, cause)
  }
}

const broken = (message: string, cause?: unknown) =>
  new StudioError('configuration-invalid', message, 'Correct the preset, or reinstall the studio.', { cause })

/** Channels times blocks of the last model that the preset makes. */
function size({ configuration }: Preset): number {
  const last = configuration.stages.findLast(isTrainingStage)
  return last === undefined ? 0 : configuration[last].width * configuration[last].depth
}
