import { readFileSync } from 'node:fs'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { preset } from '#contract/domain/pipeline.ts'
import { type SweepRequest, sweepRequest } from '#contract/sweep/request.ts'

const { configuration: tiny } = preset.parse(JSON.parse(readFileSync('resources/presets/tiny.json', 'utf8')))

/** A sweep called `masks` over the preset `tiny`. */
export function sweepOf(
  change: Partial<Omit<SweepRequest, 'base'>>,
  configuration: Partial<PipelineConfiguration> = {},
): SweepRequest {
  return sweepRequest.parse({
    name: 'masks',
    base: { dataset: 'shapes', preset: 'tiny', configuration: { ...tiny, ...configuration } },
    ...change,
  })
}
