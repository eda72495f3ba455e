import { StudioError } from '#contract/errors.ts'
import { videoMaeClassifierPairs, videoMaePairs } from './huggingface-videomae.ts'
import { decoderBlockNames, vitMaePairs } from './huggingface-vit-mae.ts'
import { type NamePair, pair } from './pairs.ts'

/** What a checkpoint is a checkpoint of. MAE and VideoMAE may come without their decoders, an encoder of clips without a head. */
export type Layout = 'mae' | 'videomae' | 'mvd-student' | 'classifier' | 'clip-encoder'

export interface FoundLayout {
  readonly layout: Layout
  readonly isHuggingFace: boolean
  /** Published names of what is there, and where it lies in the file. */
  readonly pairs: readonly NamePair[]
}

/** A tensor of a file before it is read. */
export interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
}

/**
 * Tells the layout of a checkpoint by its names.
 * @throws StudioError `checkpoint-invalid` when it is none that the studio knows; `origin` names the checkpoint.
 */
export function findLayout(tensors: readonly NamedShape[], origin: string): FoundLayout {
  const names = new Set(tensors.map(({ name }) => name))
  const there = (pairs: readonly NamePair[]) => pairs.filter(({ parts }) => parts.every((part) => names.has(part)))
  const projection = tensors.find(({ name }) => name.endsWith(huggingFaceProjection))
  if (projection !== undefined) {
    const base = projection.name.slice(0, -huggingFaceProjection.length)
    const depth = depthOf(names, `${base}encoder.layer.`)
    if (names.has(`${base}embeddings.cls_token`)) {
      const decoder = decoderBlockNames.find((prefix) => names.has(`${prefix}0.layernorm_before.weight`)) ?? decoderBlockNames[0]
      return { layout: 'mae', isHuggingFace: true, pairs: there(vitMaePairs(depth, depthOf(names, decoder), base, decoder)) }
    }
    if (names.has('classifier.weight')) return { layout: 'classifier', isHuggingFace: true, pairs: there(videoMaeClassifierPairs(depth, base)) }
    return { layout: 'videomae', isHuggingFace: true, pairs: there(videoMaePairs(depth, depthOf(names, 'decoder.decoder_layers.'), base)) }
  }
  const pairs = withoutWrapper(tensors)
  const layout = publishedLayout(new Map(pairs.map(({ published }, index) => [published, tensors[index]?.shape ?? []])))
  if (layout === undefined) {
    throw new StudioError('checkpoint-invalid', `${origin} holds no model that the studio knows.`, 'Use a checkpoint of MAE, VideoMAE or MVD under its published names, or of VideoMAE or ViTMAE as the transformers library saves them.')
  }
  return { layout, isHuggingFace: false, pairs }
}

const huggingFaceProjection = 'embeddings.patch_embeddings.projection.weight'

function publishedLayout(shapes: ReadonlyMap<string, readonly number[]>): Layout | undefined {
  if (shapes.has('mask_token_img') || shapes.has('mask_token_vid')) return 'mvd-student'
  if (shapes.has('encoder.patch_embed.proj.weight') && shapes.has('encoder.blocks.0.attn.qkv.weight')) return 'videomae'
  if (!shapes.has('blocks.0.attn.qkv.weight')) return undefined
  const kernel = shapes.get('patch_embed.proj.weight')?.length
  if (kernel === 4 && shapes.has('cls_token')) return 'mae'
  if (kernel === 5) return shapes.has('head.weight') ? 'classifier' : 'clip-encoder'
  return undefined
}

/** Names without what tools that train or fine-tune put around a whole model. */
function withoutWrapper(tensors: readonly NamedShape[]): NamePair[] {
  let cut = 0
  for (;;) {
    const prefix = wrappers.find((wrapper) => tensors.length > 0 && tensors.every(({ name }) => name.startsWith(wrapper, cut)))
    if (prefix === undefined) return tensors.map(({ name }) => pair(name.slice(cut), name))
    cut += prefix.length
  }
}

const wrappers = ['module.', 'model.', 'backbone.']

/** How many blocks are named `<prefix>0.`, `<prefix>1.`, ... without a gap. */
export function depthOf(names: Iterable<string>, prefix: string): number {
  const found = new Set<number>()
  for (const name of names) {
    const index = name.startsWith(prefix) ? /^(\d+)\./.exec(name.slice(prefix.length))?.[1] : undefined
    if (index !== undefined) found.add(Number(index))
  }
  let depth = 0
  while (found.has(depth)) depth += 1
  return depth
}
