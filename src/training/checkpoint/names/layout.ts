import { StudioError } from '#contract/api/errors.ts'
import type { ModelLayout } from '#contract/domain/model.ts'
import { shown } from '../formats/invalid-file.ts'
import { videoMaeClassifierPairs, videoMaePairs } from './huggingface-videomae.ts'
import { decoderBlockNames, vitMaePairs } from './huggingface-vit-mae.ts'
import { type NamePair, pair } from './pairs.ts'

export interface FoundLayout {
  readonly layout: ModelLayout
  readonly isHuggingFace: boolean
  /** Published names of the tensors, and their names in the file. */
  readonly pairs: readonly NamePair[]
}

/** Name and shape of a tensor in a file. */
export interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
}

/**
 * Finds the layout of a checkpoint from its names.
 * @throws StudioError `checkpoint-invalid` if the layout is unknown; `origin` names the checkpoint.
 */
export function findLayout(tensors: readonly NamedShape[], origin: string): FoundLayout {
  const names = new Set(tensors.map(({ name }) => name))
  const there = (pairs: readonly NamePair[]) => pairs.filter(({ parts }) => parts.every((part) => names.has(part)))
  const projection = tensors.find(({ name }) => name.endsWith(huggingFaceProjection))
  if (projection !== undefined) {
    const base = projection.name.slice(0, -huggingFaceProjection.length)
    const depth = depthOf(names, `${base}encoder.layer.`)
    if (names.has(`${base}embeddings.cls_token`)) {
      const decoder =
        decoderBlockNames.find((prefix) => names.has(`${prefix}0.layernorm_before.weight`)) ?? decoderBlockNames[0]
      return {
        layout: 'mae',
        isHuggingFace: true,
        pairs: there(vitMaePairs(depth, depthOf(names, decoder), base, decoder)),
      }
    }
    if (names.has('classifier.weight'))
      return { layout: 'classifier', isHuggingFace: true, pairs: there(videoMaeClassifierPairs(depth, base)) }
    return {
      layout: 'videomae',
      isHuggingFace: true,
      pairs: there(videoMaePairs(depth, depthOf(names, 'decoder.decoder_layers.'), base)),
    }
  }
  const pairs = withoutWrapper([...names])
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]))
  const layout = publishedLayout(
    new Map(pairs.map(({ published, parts: [name = ''] }) => [published, shapes.get(name) ?? []])),
  )
  if (layout === undefined) throw unknownLayout([...names], origin)
  return { layout, isHuggingFace: false, pairs }
}

function unknownLayout(names: readonly string[], origin: string): StudioError {
  const some = `${names.slice(0, 4).map(shown).join(', ')}${names.length > 4 ? ', …' : ''}`
  const found =
    names.length === 0
      ? 'it has no tensors'
      : `it has ${names.length === 1 ? '1 tensor' : `${names.length} tensors`} (${some})`
  const expected =
    'Expected blocks.0.attn.qkv.weight and patch_embed.proj.weight (MAE, MVD, fine-tuned models), the same names under encoder. (VideoMAE), or embeddings.patch_embeddings.projection.weight (VideoMAE and ViTMAE of the transformers library).'
  return new StudioError('checkpoint-invalid', `${origin} is not a model of a known layout: ${found}.`, expected)
}

const huggingFaceProjection = 'embeddings.patch_embeddings.projection.weight'

function publishedLayout(shapes: ReadonlyMap<string, readonly number[]>): ModelLayout | undefined {
  if (shapes.has('mask_token_img') || shapes.has('mask_token_vid')) return 'mvd-student'
  if (shapes.has('encoder.patch_embed.proj.weight') && shapes.has('encoder.blocks.0.attn.qkv.weight')) return 'videomae'
  if (!shapes.has('blocks.0.attn.qkv.weight')) return undefined
  const kernel = shapes.get('patch_embed.proj.weight')?.length
  if (kernel === 4 && shapes.has('cls_token')) return 'mae'
  if (kernel === 5) return shapes.has('head.weight') ? 'classifier' : 'clip-encoder'
  return undefined
}

/** Removes the prefix that training tools put before the names of a model. Other tensors keep their names. */
function withoutWrapper(names: readonly string[]): NamePair[] {
  const wrapper = names.map((name) => wrapped.exec(name)?.[1]).find((found) => found !== undefined) ?? ''
  const inside = names.filter((name) => name.startsWith(wrapper)).map((name) => pair(name.slice(wrapper.length), name))
  const taken = new Set(inside.map(({ published }) => published))
  return [
    ...inside,
    ...names.filter((name) => !name.startsWith(wrapper) && !taken.has(name)).map((name) => pair(name, name)),
  ]
}

const wrapped = /^((?:module\.|model\.|backbone\.)+)(?:encoder\.)?patch_embed\.proj\.weight$/

/** Number of blocks named `<prefix>0.`, `<prefix>1.`, ... without a gap. */
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
