import type { ParameterGroup } from '../engine/engine.ts'
import type { ParameterSpec } from '../model/parameters.ts'

/** Layer-wise decay of the learning rate for a model of `depth` blocks: the head has scale 1, each layer below `decay` times the one above. */
export interface LayerDecay {
  readonly decay: number
  readonly depth: number
}

/** How AdamW treats each trained parameter; position tables get no entry and stay as they are. */
export function parameterGroups(
  specs: readonly ParameterSpec[],
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

/** The patch embedding and a class token are layer 0, block i is layer i + 1, the norm and the head lie above all blocks. */
function layerScale(name: string, { decay, depth }: LayerDecay): number {
  const block = /^blocks\.(\d+)\./.exec(name)?.[1]
  const layer =
    block !== undefined ? Number(block) + 1 : name.startsWith('patch_embed.') || name === 'cls_token' ? 0 : depth + 1
  return decay ** (depth + 1 - layer)
}
