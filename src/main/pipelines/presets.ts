import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/errors.ts'
import { preset, type Preset } from '#contract/pipeline.ts'
import { readJson } from '../files.ts'
import { didYouMean } from '../nearest.ts'

/** Reads every preset of a folder, smallest model first. A broken one is a `StudioError` that names its file and field. */
export function readPresets(folder: string): Preset[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.map((name) => readPreset(join(folder, name))).toSorted((a, b) => size(a) - size(b) || (a.name < b.name ? -1 : 1))
}

/** @throws StudioError `preset-unknown`, naming the nearest preset and all that there are */
export function requirePreset(presets: readonly Preset[], name: string): Preset {
  const found = presets.find((preset) => preset.name === name)
  if (found !== undefined) return found
  const names = presets.map((preset) => preset.name)
  throw new StudioError('preset-unknown', `There is no preset called ${name}.`, didYouMean(name, names, `Choose one of ${names.join(', ')}.`))
}

function readPreset(file: string): Preset {
  try {
    return readJson(file, preset)
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    throw new StudioError('configuration-invalid', cause.message, 'Correct the preset, or install the studio again.', { cause })
  }
}

const size = ({ configuration: { distill } }: Preset): number => distill.width * distill.depth
