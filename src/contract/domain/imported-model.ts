import { z } from 'zod'
import { StudioError } from '../api/errors.ts'
import { formatList } from '../format.ts'
import { formatVersions } from '../layout.ts'
import { checkpointFile } from './checkpoint.ts'
import { slug } from './dataset.ts'
import { layoutFacts, modelDescription, type ModelDescription, modelFamily, type StackSizes } from './model.ts'
import { nonFiniteHint, nonFiniteTensor, nonFiniteWeights } from './non-finite.ts'

/** What an import did with each tensor of a file, and which tensors the model lacks. Tensors of the model have published names. */
export const importReport = z.object({
  /** Imported unchanged; several tensors, such as queries, keys and values, are concatenated. */
  matched: z.array(z.object({ published: z.string(), parts: z.array(z.string()) })),
  /** Tensors that the model has and the file does not. */
  missing: z.array(z.string()),
  /** Tensors whose shape differs from the model's. */
  reshaped: z.array(z.object({ name: z.string(), from: z.array(z.int()), to: z.array(z.int()) })),
  /** Tensors of the file that the model does not have, such as counters, and those that the user chose to leave out. */
  ignored: z.array(z.string()),
  /** Position tables of the file that equal the one which the model computes, so that they are not stored. */
  computed: z.array(z.string()).optional(),
  /** Imported tensors with values that are NaN or infinite. Absent from early cards, for which they were not counted. */
  nonFinite: z.array(nonFiniteTensor).optional(),
  /** Number of imported tensors by element type; all are converted to 32-bit floats. */
  dtypes: z.record(z.string(), z.int()),
  /** Other contents of the file, which are not imported: optimizer state, epoch, arguments. */
  beside: z.array(z.object({ name: z.string(), tensors: z.int(), sizeBytes: z.int() })),
})
export type ImportReport = z.infer<typeof importReport>

/** `imports/<name>/import.json`: the card of a model from elsewhere. `model.safetensors` is in the same folder, with published names. */
export const importedModel = z.object({
  version: z.literal(formatVersions.importCard),
  name: slug,
  createdAt: z.string(),
  model: modelDescription,
  isHuggingFace: z.boolean(),
  source: z.object({
    /** The path that was imported. */
    path: z.string(),
    format: z.enum(['safetensors', 'pytorch']),
    /** Every file that was read, by absolute path. */
    files: z.array(checkpointFile),
  }),
  report: importReport,
  /** Names of the classes of a classifier; null if unknown. */
  classes: z.array(z.string()).nullable(),
  licenceNotes: z.array(z.string()),
  files: z.array(checkpointFile),
})
export type ImportedModel = z.infer<typeof importedModel>

/** Facts that the user supplies because they cannot be inferred from the file. */
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
  /** Import although tensors of the file belong to parts that the model does not have, such as the head of another task. */
  leaveOut: z.boolean().optional(),
})
export type ModelImportRequest = z.infer<typeof modelImportRequest>

const listedTensors = 4

/** What a user must know before a model is used: what works, but maybe not as expected. */
export function importWarnings({
  name,
  model: { sizes },
  isHuggingFace,
  report: { nonFinite = [], missing, reshaped },
}: Pick<ImportedModel, 'name' | 'model' | 'isHuggingFace' | 'report'>): string[] {
  const unfit = [...missing, ...reshaped.map((tensor) => tensor.name)]
  return [
    ...(unfit.length === 0
      ? []
      : [
          `${name} has no ${formatList(unfit.length <= listedTensors ? unfit : [...unfit.slice(0, listedTensors), `${unfit.length - listedTensors} more`])} that ${unfit.length === 1 ? 'fits' : 'fit'} its model. Use a complete copy of the model, unless only its encoder is needed.`,
        ]),
    ...(nonFinite.length === 0 ? [] : [`${name} has ${nonFiniteWeights(nonFinite)}. ${nonFiniteHint}`]),
    // The transformers library says in config.json whether there are such biases.
    ...(sizes.qkvBias === 'none' && !isHuggingFace
      ? [
          `${name} has no biases of queries, keys and values. Every published model has them; check that the file is complete.`,
        ]
      : []),
  ]
}

/** A fact that must be set before a model can be computed. */
export interface ModelQuestion {
  readonly answer: keyof ModelAnswers
  readonly question: string
}

/** The facts of a model that are still unknown. */
export function questionsOf({
  model: { family, sizes, hasLearnedPositions },
}: Pick<ImportedModel, 'model'>): ModelQuestion[] {
  const { heads, width, decoder } = sizes
  return [
    // A learned table is in the file; only a computed one depends on the family.
    ...(family === null && !hasLearnedPositions
      ? [
          {
            answer: 'family' as const,
            question:
              'Encoders and classifiers of VideoMAE and MVD have the same tensor names but different position tables. Which family is it, videomae or mvd?',
          },
        ]
      : []),
    ...(heads === null
      ? [
          {
            answer: 'heads' as const,
            question: `The number of attention heads cannot be inferred: no published encoder has a width of ${width}. How many are there?`,
          },
        ]
      : []),
    ...(decoder !== null && decoder.heads === null
      ? [
          {
            answer: 'decoderHeads' as const,
            question: `The number of attention heads of the decoder cannot be inferred: no published decoder has a width of ${decoder.width}. How many are there? A teacher does not need them.`,
          },
        ]
      : []),
  ]
}

/**
 * Completes a model with the user's answers.
 * @throws StudioError `bad-request` if an answer contradicts the model.
 */
export function withAnswers(
  model: ModelDescription,
  { family = model.family ?? undefined, heads, decoderHeads }: ModelAnswers,
): ModelDescription {
  const { layout, sizes } = model
  const { title, family: known } = layoutFacts[layout]
  if (family !== undefined && (known === null ? family === 'mae' : family !== model.family)) {
    throw new StudioError(
      'bad-request',
      `The family of this model (${title}) cannot be ${family}.`,
      known === null ? 'Choose videomae or mvd.' : 'Omit the family; it follows from the names of the tensors.',
    )
  }
  if (family === 'mvd' && sizes.width % 16 !== 0)
    throw new StudioError(
      'bad-request',
      `A model with a width of ${sizes.width} cannot have the position table of MVD, whose width is a multiple of 16.`,
      'Choose videomae.',
    )
  if (decoderHeads !== undefined && sizes.decoder === null)
    throw new StudioError('bad-request', 'This model has no decoder.', 'Omit the heads of the decoder.')
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
      `The width ${stack.width} is not a multiple of ${heads} heads.`,
      'Use the number with which the model was trained.',
    )
  return { ...stack, heads }
}
