import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { withAnswers, type ModelAnswers } from '#contract/domain/imported-model.ts'
import { layoutFacts, modelDescription, type ModelDescription, type ModelLayout } from '#contract/domain/model.ts'
import { modelParameters } from '../../model/layouts.ts'
import type { OpenedTensorFile } from '../formats/open.ts'
import { type HuggingFaceConfig, parseHuggingFaceConfig } from '../names/huggingface-config.ts'
import { findLayout } from '../names/layout.ts'
import { type ImportReport, recogniseLayout } from '../names/recognise.ts'
import type { LocatedModel, OwnModel } from './locate.ts'
import { tableFacts } from './positions.ts'

/** Everything that an import needs to know before it reads the tensors. */
export interface DescribedModel {
  readonly model: ModelDescription
  readonly isHuggingFace: boolean
  readonly report: ImportReport
  readonly classes: readonly string[] | null
  /** Null unless the studio wrote the file, whose notes are then kept. */
  readonly licenceNotes: readonly string[] | null
}

/**
 * Describes the model in a file from names, shapes, the files next to it and the user's answers.
 * @throws StudioError `checkpoint-invalid` if it is not a complete model, `bad-request` if an answer contradicts it.
 */
export async function describeFile(
  file: OpenedTensorFile,
  { config: configPath, own: ownCard }: LocatedModel,
  answers: ModelAnswers,
): Promise<DescribedModel> {
  const found = findLayout(file.entries, file.path)
  const { layout, isHuggingFace } = found
  const config = isHuggingFace ? await readConfig(configPath, file.path) : undefined
  const { sizes, report } = recogniseLayout(found, file.entries, file.path, { config })
  const own = ownCard ?? ownMetadata(file)
  requireEncoder(layout, sizes, report, file.path)
  refuseContradiction(config, answers, file.path)
  const described =
    own?.model.layout === layout
      ? withOwnFacts(sizes, own.model)
      : {
          layout,
          family: layoutFacts[layout].family ?? (isHuggingFace ? ('videomae' as const) : null),
          sizes,
          hasLearnedPositions: false,
        }
  const model = withAnswers(await withTable(file, report, described), answers)
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
      `${origin} is a model of the transformers library, but its config.json with heads and epsilon is missing.`,
      'Put its config.json into the same folder, then import the folder.',
    )
  return parseHuggingFaceConfig(await readFile(path, 'utf8'), path)
}

/** Adds what the studio's own card knows and the tensors do not show. */
const withOwnFacts = (
  sizes: ModelDescription['sizes'],
  { layout, family, sizes: own, hasLearnedPositions }: ModelDescription,
): ModelDescription => ({
  layout,
  family,
  hasLearnedPositions,
  sizes: {
    ...sizes,
    heads: own.heads,
    epsilon: own.epsilon,
    headNormEpsilon: own.headNormEpsilon,
    imageSize: own.imageSize,
    frames: own.frames,
    decoder: sizes.decoder === null ? null : { ...sizes.decoder, heads: own.decoder?.heads ?? sizes.decoder.heads },
  },
})

const texts = z.array(z.string())

/** Description in an export of the studio: metadata of a safetensors file, one key of a PyTorch file. */
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

/** The parsed JSON of a file's text; null if it is not JSON. */
function parsed(text = 'null'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A model without its whole encoder is refused; other missing tensors are reported. */
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
      'Use a checkpoint with the whole encoder.',
    )
  const odd = reshaped
    .filter(({ name }) => isNeeded(name))
    .map(({ name, from, to }) => `${name} is [${from.join(', ')}] instead of [${to.join(', ')}]`)
  if (odd.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has tensors with contradictory shapes: ${listed(odd)}.`,
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
  const refuse = (configured: number, answer: number) =>
    new StudioError(
      'bad-request',
      `The config.json of ${origin} has ${configured} heads, not ${answer}.`,
      'Omit the number.',
    )
  if (heads !== undefined && heads !== num_attention_heads) throw refuse(num_attention_heads, heads)
  if (decoderHeads !== undefined && decoderHeads !== decoder_num_attention_heads)
    throw refuse(decoder_num_attention_heads, decoderHeads)
}

/** Layouts whose files hold their encoder's position table. */
const storesPositions: ReadonlySet<ModelLayout> = new Set(['mae', 'mvd-student'])

async function withTable(
  file: OpenedTensorFile,
  { matched }: ImportReport,
  model: ModelDescription,
): Promise<ModelDescription> {
  const part = matched.find(({ published }) => published === 'pos_embed')?.parts[0]
  if (part === undefined || !storesPositions.has(model.layout)) return model
  const { hasLearnedPositions, imageSize, frames } = tableFacts(model, await file.readNumbers({ name: part }))
  return { ...model, hasLearnedPositions, sizes: { ...model.sizes, imageSize, frames } }
}

/** Names of a classifier's classes; null if unknown. The transformers library calls unnamed classes LABEL_0, LABEL_1, ... */
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
