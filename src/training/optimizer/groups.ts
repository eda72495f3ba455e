import type { ParameterGroup } from './adamw.ts'

/** Layer-wise learning rate decay for a model of `depth` blocks: the head has scale 1, each layer `decay` times the scale of the one above. */
export interface LayerDecay {
  readonly decay: number
  readonly depth: number
}

/** Properties of a parameter that determine its optimizer group. */
interface OptimizedParameter {
  readonly name: string
  /** Position tables are not trained. */
  readonly isTrainable: boolean
  /** Whether weight decay applies. */
  readonly isDecayed: boolean
}

/** The group of each trained parameter. */
export function parameterGroups(
  specs: readonly OptimizedParameter[],
  weightDecay: number,
  layerDecay?: LayerDecay,
): Record<string, ParameterGroup> {
  return Object.fromEntries(
    specs
      .filter((spec) => spec.isTrainable)
      .map(({ name, isDecayed }): [string, ParameterGroup] => [
        name,
        {
          weightDecay: isDecayed ? weightDecay : 0,
          learningRateScale: layerDecay === undefined ? 1 : layerScale(name, layerDecay),
        },
      ]),
  )
}

/** The patch embedding, a class token and a learned position table are layer 0, block i is layer i + 1, the last norm and the head are above all blocks. */
function layerScale(name: string, { decay, depth }: LayerDecay): number {
  const block = /^blocks\.(\d+)\./.exec(name)?.[1]
  const layer =
    block !== undefined ? Number(block) + 1 : /^(patch_embed\.|cls_token$|pos_embed$)/.test(name) ? 0 : depth + 1
  return decay ** (depth + 1 - layer)
}
