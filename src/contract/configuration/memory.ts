import type { Stage } from '../stages/stage.ts'
import type { PipelineConfiguration } from './pipeline.ts'

/** A stage with what its memory depends on. */
export interface MemorySettings {
  readonly stage: Stage
  readonly clip: PipelineConfiguration['clip']
  readonly configuration: {
    readonly batchSize: number
    readonly accumulationSteps?: number
    readonly recomputeBlocks?: boolean
    readonly width?: number
    /** Of the image teacher, which sees frames of its own size. */
    readonly imageSize?: number
  }
}

export const memorySettings = (stage: Stage, configuration: PipelineConfiguration): MemorySettings => ({
  stage,
  clip: configuration.clip,
  configuration: configuration[stage],
})

/** Which settings of a stage take less memory when changed, each with its present value, those first that leave the result as it is. Follows a colon. */
export function waysToSaveMemory({ stage, clip, configuration }: MemorySettings): string {
  const { batchSize, accumulationSteps, recomputeBlocks, width, imageSize } = configuration
  const steps: string[] = []
  if (recomputeBlocks === false) steps.push(`set ${stage}.recomputeBlocks (false) to true`)
  if (batchSize > 1)
    steps.push(
      `lower ${stage}.batchSize (${batchSize})${accumulationSteps === undefined ? '' : `, and raise ${stage}.accumulationSteps (${accumulationSteps}) as much, which leaves the steps as they are`}`,
    )
  const sizes = [
    imageSize === undefined ? `clip.imageSize (${clip.imageSize})` : `${stage}.imageSize (${imageSize})`,
    ...(stage === 'image-teacher' ? [] : [`clip.frames (${clip.frames})`]),
    ...(width === undefined ? [] : [`${stage}.width (${width})`]),
  ]
  const smaller = `lower ${sizes.length < 2 ? sizes.join('') : `${sizes.slice(0, -1).join(', ')} or ${sizes.at(-1)}`}`
  return `${[...steps, smaller].join('; or ')}.`
}
