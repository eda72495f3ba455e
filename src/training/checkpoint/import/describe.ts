import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { withAnswers, type ModelAnswers } from '#contract/domain/imported-model.ts'
import { type ModelDescription, type ModelFamily, type ModelLayout, modelDescription } from '#contract/domain/model.ts'
import { modelParameters } from '../../model/layouts.ts'
import type { OpenedTensorFile } from '../formats/open.ts'
import { type HuggingFaceConfig, parseHuggingFaceConfig } from '../names/huggingface-config.ts'
import { findLayout } from '../names/layout.ts'
import { type ImportReport, recognise } from '../names/recognise.ts'
import type { LocatedModel, OwnModel } from './locate.ts'
import { tableFacts } from './positions.ts'

/** All that an import has to know before it reads the tensors. */
export interface DescribedModel {
  readonly model: ModelDescription
  readonly isHuggingFace: boolean
  readonly report: ImportReport
  readonly classes: readonly string[] | null
  /** Null where the file does not come from the studio, which else knows what to say. */
  readonly licenceNotes: readonly string[] | null
}

/**
 * Tells what a file holds: by names and shapes, by what lies beside it, and by what the person answers.
 * @throws StudioError `checkpoint-invalid` where it is no model or not a whole one, `bad-request` where an answer cannot be.
 */
export async function describeFile(
  file: OpenedTensorFile,
  { config: configPath, own: ownCard }: LocatedModel,
  answers: ModelAnswers,
): Promise<DescribedModel> {
  const { isHuggingFace } = findLayout(file.entries, file.path)
  const config = isHuggingFace ? await readConfig(configPath, file.path) : undefined
  const { layout, sizes, report } = recognise(file.entries, file.path, { config })
  const own = ownCard ?? ownMetadata(file)
  requireEncoder(layout, sizes, report, file.path)
  refuseContradiction(config, answers, file.path)
  const model = withAnswers(
    await withTable(
      file,
      report,
      own?.model.layout === layout
        ? asTold(own.model, sizes)
        : { layout, family: familyOf(layout, isHuggingFace), sizes, hasLearnedPositions: false },
    ),
    answers,
  )
  return {
    model,
    isHuggingFace,
    report,
    classes: classesOf(config, own, model),
    licenceNotes: own?.licenceNotes ?? null,
  }
}

async function readConfig(path: string | undefined, origin: string): Promise<HuggingFaceConfig> {
  if (path === undefined)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} holds a model of the transformers library, but there is no config.json beside it, which tells its heads and its epsilon.`,
      'Put its config.json beside it, then import the folder.',
    )
  return parseHuggingFaceConfig(await readFile(path, 'utf8'), path)
}

const families: Record<ModelLayout, ModelFamily | null> = {
  mae: 'mae',
  videomae: 'videomae',
  'mvd-student': 'mvd',
  classifier: null,
  'clip-encoder': null,
}
const familyOf = (layout: ModelLayout, isHuggingFace: boolean): ModelFamily | null =>
  families[layout] ?? (isHuggingFace ? 'videomae' : null)

/** What the studio says of its own model, as far as the tensors do not say it. */
const asTold = (
  { layout, family, sizes: told, hasLearnedPositions }: ModelDescription,
  sizes: ModelDescription['sizes'],
): ModelDescription => ({
  layout,
  family,
  hasLearnedPositions,
  sizes: {
    ...sizes,
    heads: told.heads,
    epsilon: told.epsilon,
    headNormEpsilon: told.headNormEpsilon,
    imageSize: told.imageSize,
    frames: told.frames,
    decoder: sizes.decoder === null ? null : { ...sizes.decoder, heads: told.decoder?.heads ?? sizes.decoder.heads },
  },
})

const texts = z.array(z.string())

/** What an export of the studio says of itself: beside the tensors of a safetensors file, under one key of a PyTorch file. */
function ownMetadata({ format, metadata }: OpenedTensorFile): OwnModel | undefined {
  const own =
    format === 'pytorch' ? z.record(z.string(), z.string()).safeParse(parsed(metadata['metadata'])).data : metadata
  if (own?.['producer'] !== 'MVD Studio') return undefined
  const model = modelDescription.safeParse(parsed(own['model'])).data
  return model === undefined
    ? undefined
    : {
        model,
        classes: texts.safeParse(parsed(own['classes'])).data ?? null,
        licenceNotes: texts.safeParse(parsed(own['licenceNotes'])).data ?? [],
      }
}

/** Any text of a file as JSON; null where it is none. */
function parsed(text = 'null'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Without its whole encoder a model is good for nothing; whatever else is missing is reported. */
function requireEncoder(
  layout: ModelLayout,
  sizes: ModelDescription['sizes'],
  { missing, reshaped }: ImportReport,
  origin: string,
): void {
  const needed = modelParameters(layout, sizes, undefined, origin).filter(
    ({ name, isTrainable }) => isTrainable && isOfEncoder(name),
  )
  const isNeeded = (name: string) => needed.some((spec) => spec.name === name)
  const lost = missing.filter(isNeeded)
  if (lost.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} lacks ${lost.length === 1 ? 'a tensor' : `${lost.length} tensors`} of its encoder: ${listed(lost)}.`,
      'Use a checkpoint that holds the whole encoder.',
    )
  const odd = reshaped
    .filter(({ name }) => isNeeded(name))
    .map(({ name, from, to }) => `${name} is [${from.join(', ')}] instead of [${to.join(', ')}]`)
  if (odd.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} holds tensors whose shapes do not belong together: ${listed(odd)}.`,
      'Use a checkpoint of one model.',
    )
}

const isOfEncoder = (name: string): boolean => /^(encoder\.)?(blocks\.|patch_embed\.|cls_token$)/.test(name)
const listed = (texts: readonly string[]): string =>
  `${texts.slice(0, 3).join('; ')}${texts.length > 3 ? ` and ${texts.length - 3} more` : ''}`

function refuseContradiction(
  config: HuggingFaceConfig | undefined,
  { heads, decoderHeads }: ModelAnswers,
  origin: string,
): void {
  if (config === undefined) return
  const { num_attention_heads, decoder_num_attention_heads } = config
  const refuse = (told: number, answer: number) =>
    new StudioError(
      'bad-request',
      `The config.json of ${origin} tells ${told} heads, not ${answer}.`,
      'Leave the number out.',
    )
  if (heads !== undefined && heads !== num_attention_heads) throw refuse(num_attention_heads, heads)
  if (decoderHeads !== undefined && decoderHeads !== decoder_num_attention_heads)
    throw refuse(decoder_num_attention_heads, decoderHeads)
}

async function withTable(
  file: OpenedTensorFile,
  { matched }: ImportReport,
  model: ModelDescription,
): Promise<ModelDescription> {
  const part = matched.find(({ published }) => published === 'pos_embed')?.parts[0]
  if (part === undefined || (model.layout !== 'mae' && model.layout !== 'mvd-student')) return model
  const { hasLearnedPositions, imageSize, frames } = tableFacts(model, await file.readNumbers({ name: part }))
  return { ...model, hasLearnedPositions, sizes: { ...model.sizes, imageSize, frames } }
}

/** Names of a classifier's classes. The transformers library calls those that nobody named LABEL_0, LABEL_1, ... */
function classesOf(
  config: HuggingFaceConfig | undefined,
  own: OwnModel | undefined,
  { sizes: { classes } }: ModelDescription,
): readonly string[] | null {
  if (classes === null) return null
  const named = own?.classes ?? Array.from({ length: classes }, (_, index) => config?.id2label[index])
  const known = named.filter((name) => name !== undefined)
  return known.length === classes && known.some((name, index) => name !== `LABEL_${index}`) ? known : null
}
