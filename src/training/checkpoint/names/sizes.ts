import type { ModelLayout, ModelSizes, StackSizes } from '#contract/domain/model.ts'
import { layouts } from '../../model/layouts.ts'
import { headsOfWidth } from '../../model/layouts/definition.ts'
import type { QkvBias } from '../../model/vit.ts'
import type { HuggingFaceConfig } from './huggingface-config.ts'
import { depthOf } from './layout.ts'

export type Shapes = ReadonlyMap<string, readonly number[]>

/**
 * Sizes from published names and shapes. Heads follow the published models and are null if none has this width; a `config.json`
 * gives heads, epsilon and clip.
 */
export function sizesOf(layout: ModelLayout, shapes: Shapes, config?: HuggingFaceConfig): ModelSizes {
  const { encoderPrefix: base, extraPositions, input } = layouts[layout]
  const dimension = (name: string, axis: number) => shapes.get(name)?.at(axis) ?? null
  const { qkvBias, ...encoder } = blockSizes(shapes, `${base}blocks.`)
  const epsilon = config?.layer_norm_eps ?? 1e-6
  const kernel = shapes.get(`${base}patch_embed.proj.weight`) ?? []
  const tableRows = dimension(`${base}pos_embed`, 1)
  const tokens = tableRows === null ? null : tableRows - extraPositions
  const patchSize = kernel.at(-1) ?? 0
  const side = input === 'image' && tokens !== null ? Math.sqrt(tokens) : Number.NaN
  return {
    ...encoder,
    heads: config?.num_attention_heads ?? (encoder.width === 1280 ? 16 : headsOfWidth(64, encoder.width)),
    qkvBias,
    epsilon,
    // In the transformers library these norms have PyTorch's default epsilon, regardless of the configuration.
    headNormEpsilon: config?.model_type === 'videomae' ? 1e-5 : epsilon,
    patchSize,
    tubeletSize: kernel.length === 5 ? (kernel[2] ?? 1) : 1,
    tokens,
    imageSize: config?.image_size ?? (Number.isInteger(side) ? side * patchSize : null),
    frames: config === undefined ? null : config.model_type === 'videomae' ? config.num_frames : 1,
    hasClassToken: shapes.has('cls_token'),
    hasEncoderNorm: shapes.has(`${base}norm.weight`),
    decoder: decoderOf(layout, shapes, config),
    imageTargetWidth: dimension('decoder_img.head.weight', 0),
    videoTargetWidth: dimension('decoder_vid.head.weight', 0),
    pixelTargetWidth: dimension('decoder_pred.weight', 0) ?? dimension('decoder.head.weight', 0),
    classes: dimension('head.weight', 0),
    pooling: layout === 'classifier' && !shapes.has('fc_norm.weight') && shapes.has('norm.weight') ? 'first' : 'mean',
  }
}

function decoderOf(layout: ModelLayout, shapes: Shapes, config: HuggingFaceConfig | undefined): StackSizes | null {
  const { decoderPrefixes, decoderHeads } = layouts[layout]
  const prefix = decoderPrefixes.find((candidate) => shapes.has(`${candidate}0.attn.qkv.weight`))
  if (prefix === undefined) return null
  const { width, depth, mlpWidth } = blockSizes(shapes, prefix)
  return { width, depth, heads: config?.decoder_num_attention_heads ?? decoderHeads(width), mlpWidth }
}

/** Sizes of the blocks under a prefix. */
export function blockSizes(
  shapes: Shapes,
  prefix: string,
): { width: number; depth: number; mlpWidth: number; qkvBias: QkvBias } {
  const width = shapes.get(`${prefix}0.attn.qkv.weight`)?.[1] ?? 0
  // A bias that one block lacks is missing there; it does not change the kind of bias.
  const has = (ending: string) => [...shapes.keys()].some((name) => name.startsWith(prefix) && name.endsWith(ending))
  const qkvBias = has('.attn.qkv.bias') ? 'joint' : has('.attn.q_bias') || has('.attn.v_bias') ? 'separate' : 'none'
  return {
    width,
    depth: depthOf(shapes.keys(), prefix),
    mlpWidth: shapes.get(`${prefix}0.mlp.fc1.weight`)?.[0] ?? 4 * width,
    qkvBias,
  }
}
