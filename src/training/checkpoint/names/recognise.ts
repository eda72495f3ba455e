import { StudioError } from '#contract/api/errors.ts'
import type { ModelLayout, ModelSizes } from '#contract/domain/model.ts'
import { formatQuantity } from '#contract/format.ts'
import { layouts, modelParameters } from '../../model/layouts.ts'
import type { ParameterSpec } from '../../model/parameters.ts'
import type { ClipGeometry } from '../../model/patches.ts'
import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { HuggingFaceConfig } from './huggingface-config.ts'
import { findLayout, type FoundLayout, type NamedShape } from './layout.ts'
import { joinedRowsShape, joinRows, type NamePair } from './pairs.ts'
import { sizesOf } from './sizes.ts'
import { isPartOfModel, isWeight } from './unplaced.ts'
import type { PlainNames } from './wrappers.ts'

/** What an import does with each tensor of a file, and which tensors the model lacks. */
export interface ImportReport {
  /** Imported unchanged; several tensors, such as queries, keys and values, are concatenated. */
  readonly matched: readonly NamePair[]
  /** Tensors that the model has and the file does not. */
  readonly missing: readonly string[]
  /** Tensors whose shape differs from the model's, such as position tables for another clip. */
  readonly reshaped: readonly {
    readonly name: string
    readonly from: readonly number[]
    readonly to: readonly number[]
  }[]
  /** Tensors of the file that the model does not have. */
  readonly ignored: readonly string[]
  /** Position tables of the file that equal the computed one of the model. */
  readonly computed?: readonly string[]
}

/** What the names and shapes of a checkpoint say about it. */
export interface Recognition {
  readonly layout: ModelLayout
  readonly isHuggingFace: boolean
  readonly sizes: ModelSizes
  /** Whether the file has a position table although the published models of this layout compute theirs. */
  readonly hasOwnTable: boolean
  readonly report: ImportReport
  /** Of the ignored tensors, those that belong to a part of a model: without them something else is computed. */
  readonly unplaced: readonly UnplacedTensor[]
}

interface UnplacedTensor {
  /** Its name in the file. */
  readonly name: string
  /** Whether it is in the encoder itself, so that nothing can be computed without it. */
  readonly isInEncoder: boolean
}

export interface RecogniseOptions {
  /** The `config.json` of a Hugging Face model. */
  readonly config?: HuggingFaceConfig | undefined
  /** The clips on which the model will be used. Without them, any position table is accepted. */
  readonly clip?: Pick<ClipGeometry, 'frames' | 'imageSize'> | undefined
}

/**
 * Recognises a checkpoint from names and shapes only; no tensor is read.
 * @throws StudioError `checkpoint-invalid` if the layout is unknown, or the sizes in `config.json` differ from those of the tensors.
 */
export const recognise = (
  tensors: readonly NamedShape[],
  origin: string,
  options: RecogniseOptions = {},
): Recognition => recogniseLayout(findLayout(tensors, origin), tensors, origin, options)

/** As `recognise`, for a layout that has been found. */
export function recogniseLayout(
  { layout, isHuggingFace, pairs, names }: FoundLayout,
  tensors: readonly NamedShape[],
  origin: string,
  { config, clip }: RecogniseOptions,
): Recognition {
  const inFile = new Map(tensors.map(({ name, shape }) => [name, shape]))
  const shapes = new Map(
    pairs.map(({ published, parts }) => [published, joinedRowsShape(parts.map((part) => inFile.get(part) ?? []))]),
  )
  const sizes = sizesOf(layout, shapes, config)
  if (sizes.width === 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has incomplete attention weights in its first block.`,
      'Use a complete checkpoint.',
    )
  if (config !== undefined) checkConfig(config, layout, sizes, origin)

  const { encoderPrefix, storesPositions } = layouts[layout]
  const hasOwnTable = !storesPositions && shapes.has(`${encoderPrefix}pos_embed`)
  const model = { layout, sizes, hasLearnedPositions: hasOwnTable }
  const specs = new Map(modelParameters(model, clip, origin).map((spec) => [spec.name, spec]))
  const isLike = ({ name, shape }: ParameterSpec) => {
    const found = shapes.get(name) ?? []
    const isTableAsFound = isPositionTable(name) && clip === undefined
    return isTableAsFound
      ? found.length === 3 && found[0] === 1 && found[2] === shape[2]
      : found.join() === shape.join()
  }
  const known = pairs.filter(({ published }) => specs.has(published))
  const reshaped = [...specs.values()].flatMap((spec) => {
    const from = shapes.get(spec.name)
    return from === undefined || isLike(spec) ? [] : [{ name: spec.name, from, to: spec.shape }]
  })
  const placed = new Set(known.flatMap(({ parts }) => parts))
  const ignored = tensors.filter(({ name }) => !placed.has(name))
  return {
    layout,
    isHuggingFace,
    sizes,
    hasOwnTable,
    unplaced: unplacedOf(ignored, names),
    report: {
      matched: known.filter(({ published }) => reshaped.every(({ name }) => name !== published)),
      missing: [...specs.keys()].filter((name) => !shapes.has(name)),
      reshaped,
      ignored: ignored.map(({ name }) => name),
    },
  }
}

const isPositionTable = (name: string): boolean => /(^|\.)(decoder_)?pos_embed(_img|_vid)?$/.test(name)

/** The start of the names of an encoder in the published code and in the transformers library. */
const inEncoder = /^((encoder\.)?(blocks|patch_embed|pos_embed|cls_token)|encoder\.layer|layers|embeddings)(\.|$)/

function unplacedOf(ignored: readonly NamedShape[], names: PlainNames): UnplacedTensor[] {
  const plainNames = new Map([...names].map(([plain, inFile]) => [inFile, plain]))
  return ignored.flatMap((tensor) => {
    const isInEncoder = isWeight(tensor.dtype) && inEncoder.test(plainNames.get(tensor.name) ?? tensor.name)
    return isInEncoder || isPartOfModel(tensor) ? [{ name: tensor.name, isInEncoder }] : []
  })
}

/** Reads the matched tensors one by one and renames them to their published names. */
export async function readMatched(
  { matched }: ImportReport,
  read: (name: string) => Promise<HostTensor>,
): Promise<NamedHostTensors> {
  const tensors: Record<string, HostTensor> = {}
  for (const { published, parts } of matched) {
    const found: HostTensor[] = []
    for (const part of parts) found.push(await read(part))
    tensors[published] = joinRows(found)
  }
  return tensors
}

function checkConfig(config: HuggingFaceConfig, layout: ModelLayout, sizes: ModelSizes, origin: string): void {
  const fields: [string, number, number][] = [
    ['hidden_size', config.hidden_size, sizes.width],
    ['num_hidden_layers', config.num_hidden_layers, sizes.depth],
    ['intermediate_size', config.intermediate_size, sizes.mlpWidth],
    ['patch_size', config.patch_size, sizes.patchSize],
    ...(config.model_type === 'videomae'
      ? [['tubelet_size', config.tubelet_size, sizes.tubeletSize] as [string, number, number]]
      : []),
  ]
  const hint = 'Use the config.json that was saved with this model.'
  if ((config.model_type === 'vit_mae') !== (layout === 'mae'))
    throw new StudioError(
      'checkpoint-invalid',
      `The config.json of ${origin} describes a ${config.model_type} model, but the tensors are those of another model.`,
      hint,
    )
  if (sizes.qkvBias === 'none' && config.qkv_bias && (config.model_type !== 'videomae' || config.qv_bias))
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} lacks the biases of queries and values that its config.json names.`,
      'Use a complete copy of the model.',
    )
  const isMean = config.model_type === 'videomae' && config.use_mean_pooling
  if (layout === 'classifier' && isMean !== (sizes.pooling === 'mean'))
    throw new StudioError(
      'checkpoint-invalid',
      `The config.json of ${origin} has use_mean_pooling ${isMean}, but the tensors have the norm of a model with ${!isMean}.`,
      hint,
    )
  const names = Object.keys(config.id2label).length
  if (layout === 'classifier' && names > 0 && names !== sizes.classes)
    throw new StudioError(
      'checkpoint-invalid',
      `The config.json of ${origin} names ${formatQuantity(names, 'class', 'classes')} (id2label), but the head has ${formatQuantity(sizes.classes ?? 0, 'class', 'classes')}.`,
      hint,
    )
  for (const [field, expected, found] of fields) {
    if (expected !== found)
      throw new StudioError(
        'checkpoint-invalid',
        `The config.json of ${origin} has ${field} ${expected}, but the tensors have ${found}.`,
        hint,
      )
  }
}
