import { StudioError } from '#contract/api/errors.ts'
import type { ModelLayout } from '#contract/domain/model.ts'
import type { Dtype } from '../formats/dtypes.ts'
import { shown } from '../formats/invalid-file.ts'
import { videoMaeAlternatives, videoMaeClassifierAlternatives, videoMaeDecoderBlocks } from './huggingface-videomae.ts'
import { decoderBlockNames, encoderBlockNames, vitMaeAlternatives } from './huggingface-vit-mae.ts'
import { type NamePair, pair } from './pairs.ts'
import { findAnchor, type PlainNames, withoutInserted, withoutPrefix } from './wrappers.ts'

export interface FoundLayout {
  readonly layout: ModelLayout
  readonly isHuggingFace: boolean
  /** Published names of the tensors, and their names in the file. */
  readonly pairs: readonly NamePair[]
  /** Names without what wrappers added, as the published code or the transformers library has them. */
  readonly names: PlainNames
}

/** Name and shape of a tensor in a file. */
export interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype?: Dtype
}

/** What is known about a checkpoint besides its names. */
export interface LayoutHints {
  /** The layout in the studio's own description. */
  readonly layout?: ModelLayout | undefined
}

/**
 * Finds the layout of a checkpoint from its names. Prefixes of wrappers are removed.
 * @throws StudioError `checkpoint-invalid` if the layout is unknown, or the file has several models; `origin` names the checkpoint.
 */
export function findLayout(tensors: readonly NamedShape[], origin: string, hints: LayoutHints = {}): FoundLayout {
  const names = withoutInserted(
    tensors.map(({ name }) => name),
    origin,
  )
  const anchor = findAnchor(names.keys(), origin)
  if (anchor === undefined) throw unknownLayout([...names.values()], origin)
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]))
  const inside = withoutPrefix(names, anchor.prefix, origin)
  if (anchor.kind === 'huggingFace') return huggingFaceLayout(inside)
  const layout = publishedLayout((name) => shapes.get(inside.get(name) ?? ''))
  const own = /^(.*\.)?encoder\.$/.exec(anchor.prefix)
  if (own !== null && (layout === 'clip-encoder' || layout === undefined)) {
    // In the published VideoMAE the prefix belongs to the names. Alone it is that of a wrapper: an encoder of MVD is saved like this, too.
    const whole = withoutPrefix(names, own[1] ?? '', origin)
    if (hints.layout === 'videomae' || [...whole.keys()].some((name) => /^(decoder|encoder_to_decoder)\./.test(name)))
      return { layout: 'videomae', isHuggingFace: false, ...publishedPairs(whole) }
  }
  if (layout === undefined) throw unknownLayout([...names.values()], origin)
  return { layout, isHuggingFace: false, ...publishedPairs(inside) }
}

const publishedPairs = (names: PlainNames): Pick<FoundLayout, 'pairs' | 'names'> => ({
  pairs: [...names].map(([published, name]) => pair(published, name)),
  names,
})

function huggingFaceLayout(names: PlainNames): FoundLayout {
  const depthIn = (prefixes: readonly string[]) => Math.max(...prefixes.map((prefix) => depthOf(names.keys(), prefix)))
  const depth = depthIn(encoderBlockNames)
  const found = (layout: ModelLayout, alternatives: readonly NamePair[]): FoundLayout => ({
    layout,
    isHuggingFace: true,
    pairs: present(alternatives, names),
    names,
  })
  if (names.has('embeddings.cls_token')) return found('mae', vitMaeAlternatives(depth, depthIn(decoderBlockNames)))
  return names.has('classifier.weight')
    ? found('classifier', videoMaeClassifierAlternatives(depth))
    : found('videomae', videoMaeAlternatives(depth, depthIn([videoMaeDecoderBlocks])))
}

/** The pairs whose tensors are all in the file, under their names there; the first for each published name. */
function present(pairs: readonly NamePair[], names: PlainNames): NamePair[] {
  const found = new Map<string, NamePair>()
  for (const { published, parts } of pairs) {
    const inFile = parts.map((part) => names.get(part)).filter((name) => name !== undefined)
    if (inFile.length === parts.length && !found.has(published)) found.set(published, pair(published, ...inFile))
  }
  return [...found.values()]
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

function publishedLayout(shapeOf: (name: string) => readonly number[] | undefined): ModelLayout | undefined {
  if (shapeOf('mask_token_img') !== undefined || shapeOf('mask_token_vid') !== undefined) return 'mvd-student'
  if (shapeOf('blocks.0.attn.qkv.weight') === undefined) return undefined
  const kernel = shapeOf('patch_embed.proj.weight')?.length
  if (kernel === 4 && shapeOf('cls_token') !== undefined) return 'mae'
  if (kernel === 5) return shapeOf('head.weight') === undefined ? 'clip-encoder' : 'classifier'
  return undefined
}

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
