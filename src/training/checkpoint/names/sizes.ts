import type { ModelSizes, StackSizes } from '#contract/domain/model.ts'
import type { QkvBias } from '../../model/vit.ts'
import type { HuggingFaceConfig } from './huggingface-config.ts'
import { depthOf, type Layout } from './layout.ts'

/** Sizes as far as names and shapes tell them: heads follow the published models, or are null where none has this width. */
export type Sizes = ModelSizes

export type Shapes = ReadonlyMap<string, readonly number[]>

/** Reads the sizes out of published names and shapes; a `config.json` tells heads, epsilon and clip. */
export function sizesOf(layout: Layout, shapes: Shapes, config?: HuggingFaceConfig): Sizes {
  const base = layout === 'videomae' ? 'encoder.' : ''
  const dimension = (name: string, axis: number) => shapes.get(name)?.at(axis) ?? null
  const { qkvBias, ...encoder } = blockSizes(shapes, `${base}blocks.`)
  const epsilon = config?.layer_norm_eps ?? 1e-6
  const kernel = shapes.get(`${base}patch_embed.proj.weight`) ?? []
  const tableRows = dimension('pos_embed', 1)
  const tokens = tableRows === null ? null : layout === 'mae' ? tableRows - 1 : tableRows
  const patchSize = kernel.at(-1) ?? 0
  const side = layout === 'mae' && tokens !== null ? Math.sqrt(tokens) : Number.NaN
  return {
    ...encoder,
    heads: config?.num_attention_heads ?? (encoder.width === 1280 ? 16 : headsOfWidth(64, encoder.width)),
    qkvBias,
    epsilon,
    // The transformers library gives these norms PyTorch's default, whatever the configuration says.
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

/** Where each layout keeps its decoder, and how wide the published ones make a head. */
const decoders: Partial<Record<Layout, { prefixes: readonly string[]; heads: (width: number) => number | null }>> = {
  mae: { prefixes: ['decoder_blocks.'], heads: (width) => headsOfWidth(32, width) },
  videomae: { prefixes: ['decoder.blocks.'], heads: (width) => (width === 640 ? 8 : headsOfWidth(64, width)) },
  'mvd-student': {
    prefixes: ['decoder_img.blocks.', 'decoder_vid.blocks.'],
    heads: (width) => (width === 640 ? 8 : headsOfWidth(64, width)),
  },
}

function decoderOf(layout: Layout, shapes: Shapes, config: HuggingFaceConfig | undefined): StackSizes | null {
  const found = decoders[layout]
  const prefix = found?.prefixes.find((candidate) => shapes.has(`${candidate}0.attn.qkv.weight`))
  if (found === undefined || prefix === undefined) return null
  const { width, depth, mlpWidth } = blockSizes(shapes, prefix)
  return { width, depth, heads: config?.decoder_num_attention_heads ?? found.heads(width), mlpWidth }
}

/** What the blocks under a prefix tell of themselves. */
export function blockSizes(
  shapes: Shapes,
  prefix: string,
): { width: number; depth: number; mlpWidth: number; qkvBias: QkvBias } {
  const width = shapes.get(`${prefix}0.attn.qkv.weight`)?.[1] ?? 0
  const qkvBias = shapes.has(`${prefix}0.attn.qkv.bias`)
    ? 'joint'
    : shapes.has(`${prefix}0.attn.q_bias`)
      ? 'separate'
      : 'none'
  return {
    width,
    depth: depthOf(shapes.keys(), prefix),
    mlpWidth: shapes.get(`${prefix}0.mlp.fc1.weight`)?.[0] ?? 4 * width,
    qkvBias,
  }
}

const headsOfWidth = (headWidth: number, width: number): number | null =>
  width > 0 && width % headWidth === 0 ? width / headWidth : null
