import { z } from 'zod'
import { StudioError } from '../api/errors.ts'
import { checkpointFile } from './checkpoint.ts'
import { slug } from './dataset.ts'
import { layoutTitles, modelDescription, type ModelDescription, modelFamily, type StackSizes } from './model.ts'

/** What became of each tensor of a file, and what the model lacks; together they name every tensor. Models stand under their published names. */
export const importReport = z.object({
  /** Taken as they are; several parts are joined, as queries, keys and values are. */
  matched: z.array(z.object({ published: z.string(), parts: z.array(z.string()) })),
  /** Tensors that the model has and the file does not. */
  missing: z.array(z.string()),
  /** Tensors of another shape than the model's. */
  reshaped: z.array(z.object({ name: z.string(), from: z.array(z.int()), to: z.array(z.int()) })),
  /** Tensors of the file that the model has no place for. */
  ignored: z.array(z.string()),
  /** How many tensors were stored in each element type; all of them became 32-bit floats. */
  dtypes: z.record(z.string(), z.int()),
  /** What lay beside the weights and was left out: optimizer state, epoch, arguments. */
  beside: z.array(z.object({ name: z.string(), tensors: z.int(), sizeBytes: z.int() })),
})
export type ImportReport = z.infer<typeof importReport>

/** `imports/<name>/import.json`: a model from elsewhere. Beside it `model.safetensors` under the published names. */
export const importedModel = z.object({
  version: z.literal(1),
  name: slug,
  createdAt: z.string(),
  model: modelDescription,
  isHuggingFace: z.boolean(),
  source: z.object({
    /** What the person named. */
    path: z.string(),
    format: z.enum(['safetensors', 'pytorch']),
    /** Every file that was read, by absolute path; none was changed. */
    files: z.array(checkpointFile),
  }),
  report: importReport,
  /** Names of the classes of a classifier, where they are known. */
  classes: z.array(z.string()).nullable(),
  licenceNotes: z.array(z.string()),
  files: z.array(checkpointFile),
})
export type ImportedModel = z.infer<typeof importedModel>

/** What the person may tell of a model where its file does not. */
export const modelAnswers = z.object({
  family: modelFamily.optional(),
  heads: z.int().min(1).max(256).optional(),
  decoderHeads: z.int().min(1).max(256).optional(),
})
export type ModelAnswers = z.infer<typeof modelAnswers>

export const modelImportRequest = modelAnswers.extend({
  /** A file, or a folder that holds one model. */
  path: z.string().min(1),
  name: slug,
})
export type ModelImportRequest = z.infer<typeof modelImportRequest>

/** What has to be told before a model can be computed. */
export interface ModelQuestion {
  readonly answer: keyof ModelAnswers
  readonly question: string
}

/** The questions that a model leaves open. An image model's family is never one of them. */
export function questionsOf({ model: { family, sizes } }: Pick<ImportedModel, 'model'>): ModelQuestion[] {
  const { heads, width, decoder } = sizes
  return [
    ...(family === null
      ? [
          {
            answer: 'family' as const,
            question:
              'Encoders and classifiers of VideoMAE and of MVD have the same names, but not the same position table. Is it videomae or mvd?',
          },
        ]
      : []),
    ...(heads === null
      ? [
          {
            answer: 'heads' as const,
            question: `No published encoder is ${width} wide, so nothing tells its number of attention heads. How many are there?`,
          },
        ]
      : []),
    ...(decoder !== null && decoder.heads === null
      ? [
          {
            answer: 'decoderHeads' as const,
            question: `No published decoder is ${decoder.width} wide, so nothing tells its number of attention heads. How many are there? Only the decoder needs them, not a teacher.`,
          },
        ]
      : []),
  ]
}

/**
 * Completes a model by what the person tells of it.
 * @throws StudioError `bad-request` where an answer cannot be.
 */
export function withAnswers(
  model: ModelDescription,
  { family = model.family ?? undefined, heads, decoderHeads }: ModelAnswers,
): ModelDescription {
  const { layout, sizes } = model
  const isOpen = layout === 'classifier' || layout === 'clip-encoder'
  if (family !== undefined && (isOpen ? family === 'mae' : family !== model.family)) {
    throw new StudioError(
      'bad-request',
      `The family of this model (${layoutTitles[layout]}) cannot be ${family}.`,
      isOpen ? 'It is videomae or mvd.' : 'Leave the family out; the names of the tensors tell it.',
    )
  }
  if (family === 'mvd' && sizes.width % 16 !== 0)
    throw new StudioError(
      'bad-request',
      `A model that is ${sizes.width} wide cannot have the position table of MVD, which needs a multiple of 16.`,
      'It is videomae, or another model altogether.',
    )
  if (decoderHeads !== undefined && sizes.decoder === null)
    throw new StudioError('bad-request', 'This model has no decoder.', 'Leave the heads of the decoder out.')
  return {
    ...model,
    family: family ?? null,
    sizes: {
      ...sizes,
      ...withHeads(sizes, heads),
      decoder: sizes.decoder === null ? null : withHeads(sizes.decoder, decoderHeads),
    },
  }
}

function withHeads(stack: StackSizes, heads: number | undefined): StackSizes {
  if (heads === undefined) return stack
  if (stack.width % heads !== 0)
    throw new StudioError(
      'bad-request',
      `${heads} heads do not divide the width ${stack.width}.`,
      'Give the number with which the model was trained.',
    )
  return { ...stack, heads }
}
