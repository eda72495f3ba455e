import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { withAnswers, type ModelAnswers, type ModelImportRequest } from '#contract/domain/imported-model.ts'
import { layoutFacts, modelDescription, type ModelDescription } from '#contract/domain/model.ts'
import { readUnicode } from '#node/text-file.ts'
import { layouts, modelParameters } from '../../model/layouts.ts'
import { shown } from '../formats/invalid-file.ts'
import type { OpenedModelFile } from '../formats/open.ts'
import { type HuggingFaceConfig, parseHuggingFaceConfig } from '../names/huggingface-config.ts'
import { findLayout } from '../names/layout.ts'
import { type ImportReport, recogniseLayout, type Recognition } from '../names/recognise.ts'
import { isTableOfModel, isWeight } from '../names/unplaced.ts'
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
  file: OpenedModelFile,
  { config: configPath, own: ownCard }: LocatedModel,
  { leaveOut, ...answers }: ModelAnswers & Pick<ModelImportRequest, 'leaveOut'>,
): Promise<DescribedModel> {
  const own = ownCard ?? ownMetadata(file)
  const found = findLayout(file.entries, file.path, { layout: own?.model.layout })
  const { layout, isHuggingFace } = found
  const config = isHuggingFace ? await readConfig(configPath, file.path) : undefined
  const recognition = recogniseLayout(found, file.entries, file.path, { config })
  const { sizes, hasOwnTable, report } = recognition
  requireEncoder(recognition, file.path)
  refuseIntegers(file, report)
  refuseUnplaced(recognition, besideOf(file), leaveOut === true, file.path)
  if (own?.model.layout === layout) refuseLost(recognition, own.model, file.path)
  refuseContradiction(config, answers, file.path)
  const described =
    own?.model.layout === layout
      ? withOwnFacts(sizes, own.model)
      : {
          layout,
          family: layoutFacts[layout].family ?? (isHuggingFace ? ('videomae' as const) : null),
          sizes,
          hasLearnedPositions: hasOwnTable,
        }
  const placed = await withTable(file, report, described)
  const model = withAnswers(placed.model, answers)
  return {
    model,
    isHuggingFace,
    report: placed.report,
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
  return parseHuggingFaceConfig(readUnicode(path), path)
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
function ownMetadata({ format, metadata }: OpenedModelFile): OwnModel | undefined {
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
  { layout, sizes, hasOwnTable, report: { missing, reshaped } }: Recognition,
  origin: string,
): void {
  const model = { layout, sizes, hasLearnedPositions: hasOwnTable }
  const needed = modelParameters(model, undefined, origin).filter(
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

/**
 * Tensors of a model are not dropped silently. Those in the encoder cannot be left out, because it would compute something else; the user
 * decides about others, such as the head of another task.
 */
function refuseUnplaced(
  { layout, unplaced }: Recognition,
  beside: readonly string[],
  leaveOut: boolean,
  origin: string,
): void {
  const { title } = layoutFacts[layout]
  const inEncoder = unplaced.filter(({ isInEncoder }) => isInEncoder).map(({ name }) => shown(name))
  if (inEncoder.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has tensors in its encoder that a model of its kind (${title}) does not have: ${listed(inEncoder)}.`,
      'Without them the encoder would compute something else. Use a model of a supported variant.',
    )
  const others = [...unplaced.map(({ name }) => shown(name)), ...beside.map(shown)]
  if (others.length > 0 && !leaveOut)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has tensors of a part that a model of its kind (${title}) does not have: ${listed(others)}.`,
      'They would be lost. To import the model without them, such as without the head of another task, use --leave-out, or “Leave out other parts” in the window.',
    )
}

/** Integers are quantised weights, whose scales the studio cannot apply. @throws StudioError `checkpoint-invalid` */
function refuseIntegers(file: OpenedModelFile, { matched }: ImportReport): void {
  const integers = matched
    .flatMap(({ parts }) => parts)
    .flatMap((part) => {
      const dtype = file.find(part)?.dtype
      return isWeight(dtype) ? [] : [`${shown(part)} (${dtype})`]
    })
  if (integers.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${file.path} stores ${integers.length === 1 ? 'a weight' : `${integers.length} weights`} as integers, as a quantised model does: ${listed(integers)}.`,
      'Use the model before its quantisation, with weights in 16 or 32 bits.',
    )
}

/** Tables beside the weights of a PyTorch file that hold a part of a model, such as its head. */
const besideOf = (file: OpenedModelFile): string[] =>
  'beside' in file
    ? file.beside.filter(({ name, tensors }) => tensors > 0 && isTableOfModel(name)).map(({ name }) => name)
    : []

/** Tensors whose absence only the studio's own description shows, because a model without them is complete as well. */
function refuseLost({ sizes, hasOwnTable, layout }: Recognition, own: ModelDescription, origin: string): void {
  const lost = [
    ...(own.sizes.hasClassToken && !sizes.hasClassToken ? ['cls_token'] : []),
    ...(own.hasLearnedPositions && !hasOwnTable && !layouts[layout].storesPositions ? ['pos_embed'] : []),
  ]
  if (lost.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} lacks a tensor that its description names: ${lost.join(', ')}.`,
      'Use a complete copy of the file.',
    )
}

const isOfEncoder = (name: string): boolean => /^(encoder\.)?(blocks\.|patch_embed\.|pos_embed$|cls_token$)/.test(name)
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

/** Compares the position table of a file with the computed ones. An equal table of a layout that computes its own is not stored. */
async function withTable(
  file: OpenedModelFile,
  report: ImportReport,
  model: ModelDescription,
): Promise<{ model: ModelDescription; report: ImportReport }> {
  const { encoderPrefix, storesPositions } = layouts[model.layout]
  const found = report.matched.find(({ published }) => published === `${encoderPrefix}pos_embed`)
  const part = found?.parts[0]
  if (part === undefined) return { model, report }
  const facts = tableFacts(model, await file.readNumbers({ name: part }), file.find(part)?.dtype)
  const described: ModelDescription = {
    ...model,
    family: facts.family ?? model.family,
    hasLearnedPositions: facts.hasLearnedPositions,
    sizes: { ...model.sizes, imageSize: facts.imageSize, frames: facts.frames },
  }
  if (storesPositions || facts.hasLearnedPositions) return { model: described, report }
  return {
    model: { ...described, sizes: { ...described.sizes, tokens: null } },
    report: { ...report, matched: report.matched.filter((pair) => pair !== found), computed: [part] },
  }
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
