import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  nat,
  pre,
  record,
} from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type ImportedModel, importWarnings, type ModelAnswers } from '#contract/domain/imported-model.ts'
import { type ModelDescription, modelLayouts, type ModelSizes } from '#contract/domain/model.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { videoMaeClassifierPairs, videoMaePairs } from '#training/checkpoint/names/huggingface-videomae.ts'
import { vitMaePairs } from '#training/checkpoint/names/huggingface-vit-mae.ts'
import { fromPublished } from '#training/checkpoint/names/pairs.ts'
import { draws } from '#training/data/random.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import { modelParameters } from '#training/model/layouts.ts'
import { exportModel } from '#training/tasks/export-model.ts'
import { importModel } from '#training/tasks/import-model.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'

// Models of every layout with random sizes, under every supported name. Nothing may be lost, and a lost tensor must be noticed.

const root = mkdtempSync(join(tmpdir(), 'every-layout-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const { signal } = new AbortController()

const clip = { frames: 4, imageSize: 8 }
const side = 2

/** A model, the seed of its weights, and what its file does not tell. */
interface RandomModel {
  readonly description: ModelDescription
  readonly seed: number
  readonly answers: ModelAnswers
}

/** Normal values, with position tables as they are computed. */
function weightsOf({ description, seed }: RandomModel): NamedHostTensors {
  const { frames } = description.layout === 'mae' ? { frames: 1 } : clip
  const specs = modelParameters(description, { frames, imageSize: clip.imageSize }, 'random')
  return initializeParameters(
    specs.map((spec) =>
      spec.isTrainable ? { ...spec, initialize: (random: { normal(): number }) => random.normal() } : spec,
    ),
    (name) => draws(seed, name),
  )
}

const randomModel: Arbitrary<RandomModel> = record({
  layout: constantFrom(...modelLayouts),
  width: constantFrom(16, 32),
  depth: integer({ min: 1, max: 2 }),
  mlpRatio: constantFrom(2, 4),
  bias: constantFrom('separate' as const, 'none' as const, 'joint' as const),
  tubeletSize: constantFrom(1, 2),
  hasClassToken: boolean(),
  hasEncoderNorm: boolean(),
  hasDecoder: boolean(),
  branches: constantFrom('image', 'video', 'both'),
  isFirstPooled: boolean(),
  isLearned: boolean(),
  isVideoMae: boolean(),
  seed: nat(),
}).map((drawn): RandomModel => {
  const { layout, width, depth } = drawn
  const isImage = layout === 'mae'
  const tubeletSize = isImage ? 1 : drawn.tubeletSize
  const hasDecoder = layout === 'mvd-student' || (drawn.hasDecoder && (layout === 'mae' || layout === 'videomae'))
  const storesTable = layout === 'mae' || layout === 'mvd-student'
  const hasLearnedPositions = !storesTable && drawn.isLearned
  const tokens = isImage ? side * side : (clip.frames / tubeletSize) * side * side
  const isFirst = layout === 'classifier' && drawn.isFirstPooled
  const sizes: ModelSizes = {
    width,
    depth,
    heads: 2,
    mlpWidth: drawn.mlpRatio * width,
    qkvBias: drawn.bias,
    epsilon: 1e-6,
    headNormEpsilon: 1e-6,
    patchSize: clip.imageSize / side,
    tubeletSize,
    tokens: storesTable || hasLearnedPositions ? tokens : null,
    imageSize: storesTable ? clip.imageSize : null,
    frames: layout === 'mvd-student' ? clip.frames : null,
    hasClassToken: isImage || (layout !== 'videomae' && drawn.hasClassToken),
    hasEncoderNorm:
      layout === 'mvd-student' ||
      (isImage && hasDecoder) ||
      isFirst ||
      (layout !== 'classifier' && drawn.hasEncoderNorm),
    decoder: hasDecoder ? { width: 16, depth: 1, heads: 2, mlpWidth: 32 } : null,
    imageTargetWidth: layout === 'mvd-student' && drawn.branches !== 'video' ? 24 : null,
    videoTargetWidth: layout === 'mvd-student' && drawn.branches !== 'image' ? 40 : null,
    pixelTargetWidth: hasDecoder && layout !== 'mvd-student' ? 3 * tubeletSize * (clip.imageSize / side) ** 2 : null,
    classes: layout === 'classifier' ? 3 : null,
    pooling: isFirst ? 'first' : 'mean',
  }
  const family = isImage
    ? 'mae'
    : layout === 'videomae'
      ? 'videomae'
      : layout === 'mvd-student'
        ? 'mvd'
        : drawn.isVideoMae
          ? 'videomae'
          : 'mvd'
  const description = { layout, family, sizes, hasLearnedPositions } as const
  return {
    description,
    seed: drawn.seed,
    answers: {
      heads: 2,
      ...(hasDecoder ? { decoderHeads: 2 } : {}),
      ...(layout === 'classifier' || layout === 'clip-encoder' ? { family } : {}),
    },
  }
})

const wrappers = array(constantFrom('module', '_orig_mod', 'backbone', 'encoder', 'model', '_fsdp_wrapped_module'), {
  maxLength: 4,
})
const dialects = ['published', 'transformers 4 or saved by 5', 'state_dict of transformers 5'] as const

/** A file of the model as one of the libraries writes it, in a folder of its own. Null if that library has no such model. */
async function written(
  model: RandomModel,
  dialect: (typeof dialects)[number],
  prefix: readonly string[],
  lost?: (names: readonly string[]) => string,
): Promise<{ path: string; lostName: string | undefined; isHuggingFace: boolean } | null> {
  const { description } = model
  const weights = weightsOf(model)
  const named = dialect === 'published' ? weights : huggingFaceNames(description, weights, dialect === dialects[2])
  if (named === null) return null
  const folder = join(root, String(count++))
  await mkdir(folder)
  const lostName = lost?.(Object.keys(named))
  const wrapped = Object.fromEntries(
    Object.entries(named).flatMap(([name, tensor]) =>
      name === lostName ? [] : [[[...prefix, name].join('.'), tensor] as const],
    ),
  )
  await writeSafetensors(join(folder, 'model.safetensors'), tensorSources(wrapped))
  if (dialect !== 'published') await writeFile(join(folder, 'config.json'), JSON.stringify(configOf(description)))
  return { path: folder, lostName, isHuggingFace: dialect !== 'published' }
}

function huggingFaceNames(
  { layout, family, sizes, hasLearnedPositions }: ModelDescription,
  weights: NamedHostTensors,
  isState: boolean,
): NamedHostTensors | null {
  const { depth, decoder, qkvBias, hasClassToken } = sizes
  if (qkvBias === (layout === 'mae' ? 'separate' : 'joint')) return null
  if (layout === 'mae' && !sizes.hasEncoderNorm && decoder !== null) return null
  if (layout !== 'mae' && (family !== 'videomae' || hasLearnedPositions || hasClassToken)) return null
  const pairs =
    layout === 'mae'
      ? vitMaePairs(depth, decoder?.depth ?? 0, decoder === null ? '' : 'vit.')
      : layout === 'videomae'
        ? videoMaePairs(depth, decoder?.depth ?? 0, decoder === null ? '' : 'videomae.')
        : layout === 'classifier'
          ? videoMaeClassifierPairs(depth)
          : null
  if (pairs === null) return null
  const rename = (name: string) =>
    layout === 'mae'
      ? name
          .replace('encoder.layer.', 'layers.')
          .replace(/attention\.attention\.(q|k|v)[a-z]+/, 'attention.$1_proj')
          .replace('attention.output.dense', 'attention.o_proj')
          .replace('intermediate.dense', 'mlp.fc1')
          .replace('output.dense', 'mlp.fc2')
      : name.replace('attention.q_bias', 'attention.query.bias').replace('attention.v_bias', 'attention.value.bias')
  return Object.fromEntries(
    Object.entries(fromPublished(pairs, weights)).map(([name, tensor]) => [isState ? rename(name) : name, tensor]),
  )
}

const configOf = ({ layout, sizes }: ModelDescription) => ({
  model_type: layout === 'mae' ? 'vit_mae' : 'videomae',
  hidden_size: sizes.width,
  num_hidden_layers: sizes.depth,
  num_attention_heads: sizes.heads,
  intermediate_size: sizes.mlpWidth,
  layer_norm_eps: sizes.epsilon,
  image_size: clip.imageSize,
  patch_size: sizes.patchSize,
  num_frames: clip.frames,
  tubelet_size: sizes.tubeletSize,
  decoder_num_attention_heads: 2,
  qkv_bias: sizes.qkvBias !== 'none',
  use_mean_pooling: layout === 'classifier' ? sizes.pooling === 'mean' : true,
})

const take = (path: string, { answers }: RandomModel, isHuggingFace: boolean): Promise<ImportedModel> => {
  const { family: _family, ...heads } = answers
  // The family of a model of the transformers library follows from its names.
  return importModel(
    { folder: root, path, name: `m${count++}`, ...(isHuggingFace ? { heads: heads.heads } : answers) },
    () => undefined,
    signal,
  )
}

const storedIn = ({ name }: ImportedModel) => readSafetensors(join(root, name, 'model.safetensors'))

/** `encoder.` belongs to the names of VideoMAE; an encoder alone is one of clips, whose family has to be given. */
function expected(
  model: RandomModel,
  isPublished: boolean,
): { description: ModelDescription; weights: NamedHostTensors } {
  const { description } = model
  const weights = weightsOf(model)
  const isBare = isPublished && description.layout === 'videomae' && description.sizes.decoder === null
  return isBare
    ? {
        description: { ...description, layout: 'clip-encoder' },
        weights: Object.fromEntries(
          Object.entries(weights).map(([name, tensor]) => [name.replace(/^encoder\./, ''), tensor]),
        ),
      }
    : { description, weights }
}
const answered = (model: RandomModel): RandomModel => ({
  ...model,
  answers:
    model.description.layout === 'videomae' && model.description.sizes.decoder === null
      ? { ...model.answers, family: 'videomae' }
      : model.answers,
})

describe('a model of any layout', () => {
  it('keeps every weight and its description under every prefix and the names of every library', async () => {
    await assert(
      asyncProperty(randomModel, constantFrom(...dialects), wrappers, async (drawn, dialect, prefix) => {
        const model = answered(drawn)
        const file = await written(model, dialect, prefix)
        pre(file !== null)
        const card = await take(file.path, model, file.isHuggingFace)
        const { description, weights } = expected(model, !file.isHuggingFace)
        expect(await storedIn(card)).toEqual(weights)
        expect(card.report).toMatchObject({ missing: [], reshaped: [], ignored: [], nonFinite: [] })
        const { imageSize: _image, frames: _frames, headNormEpsilon: _epsilon, ...sizes } = description.sizes
        expect(card.model).toMatchObject({ ...description, sizes })
      }),
      { numRuns: 80 },
    )
  }, 120_000)

  it('is the same model after an export and another import', async () => {
    await assert(
      asyncProperty(randomModel, constantFrom('safetensors', 'pytorch'), wrappers, async (drawn, format, prefix) => {
        const model = answered(drawn)
        const file = await written(model, 'published', prefix)
        pre(file !== null)
        const first = await take(file.path, model, false)
        const to = join(root, `export-${count++}.${format === 'pytorch' ? 'pth' : 'safetensors'}`)
        const exported = await exportModel(
          { model: join(root, first.name), format: format as 'pytorch', to, force: false },
          () => undefined,
          signal,
        )
        expect(exported.maxDifference).toBe(0)
        const second = await importModel({ folder: root, path: to, name: `m${count++}` }, () => undefined, signal)
        expect(await storedIn(second)).toEqual(await storedIn(first))
        expect(second.model).toEqual(first.model)
      }),
      { numRuns: 6 },
    )
  }, 120_000)

  it('is refused or reported as incomplete without any one of its tensors', async () => {
    await assert(
      asyncProperty(randomModel, constantFrom(...dialects), wrappers, nat(), async (drawn, dialect, prefix, at) => {
        const model = answered(drawn)
        const file = await written(model, dialect, prefix, (names) => names[at % names.length]!)
        pre(file !== null)
        // Without these two a file is a whole model of another kind; only a description in the file can show that they are lost.
        pre(model.description.layout === 'mae' || !/(^|\.)(cls_token|pos_embed)$/.test(file.lostName!))
        const outcome = await take(file.path, model, file.isHuggingFace).then(
          (card) => card.report.missing.length + importWarnings(card).length,
          (cause: { code?: string }) => cause.code,
        )
        expect(outcome === 'checkpoint-invalid' || Number(outcome) > 0, `${file.lostName}: ${outcome}`).toBe(true)
      }),
      { numRuns: 150 },
    )
  }, 120_000)
})
