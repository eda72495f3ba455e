import { formatAlternatives } from '../format.ts'
import { type Stage, stages } from '../stages/index.ts'
import type { PipelineConfiguration } from './pipeline.ts'

/** A stage with the settings that its memory depends on. */
export interface MemorySettings {
  readonly stage: Stage
  readonly clip: PipelineConfiguration['clip']
  readonly configuration: {
    readonly batchSize: number
    readonly accumulationSteps?: number
    readonly recomputeBlocks?: boolean
    readonly width?: number
    /** Only for stages whose frame size differs from that of the clip. */
    readonly imageSize?: number
  }
}

export const memorySettings = (stage: Stage, configuration: PipelineConfiguration): MemorySettings => ({
  stage,
  clip: configuration.clip,
  configuration: configuration[stage],
})

/**
 * Settings of a stage that reduce its memory, each with its current value; those that leave the result unchanged come first.
 * The text is made to follow a colon.
 */
export function waysToSaveMemory({ stage, clip, configuration }: MemorySettings): string {
  const { batchSize, accumulationSteps, recomputeBlocks, width, imageSize } = configuration
  const steps: string[] = []
  if (recomputeBlocks === false) steps.push(`set ${stage}.recomputeBlocks (false) to true`)
  if (batchSize > 1)
    steps.push(
      `lower ${stage}.batchSize (${batchSize})${accumulationSteps === undefined ? '' : ` and raise ${stage}.accumulationSteps (${accumulationSteps}) by the same factor, which leaves the steps unchanged`}`,
    )
  const sizes = [
    imageSize === undefined ? `clip.imageSize (${clip.imageSize})` : `${stage}.imageSize (${imageSize})`,
    ...(stages[stage].sees === 'images' ? [] : [`clip.frames (${clip.frames})`]),
    ...(width === undefined ? [] : [`${stage}.width (${width})`]),
  ]
  const smaller = `lower ${formatAlternatives(sizes)}`
  return `${[...steps, smaller].join('; or ')}.`
}
