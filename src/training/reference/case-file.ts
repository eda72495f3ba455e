import { z } from 'zod'
import { refuse } from './refuse.ts'

const count = z.int().positive()

const stack = {
  width: count,
  depth: count,
  heads: count,
  mlpRatio: z.number().positive().optional(),
  qkvBias: z.enum(['joint', 'split']).optional(),
}
const decoder = { decoderWidth: count, decoderDepth: count, decoderHeads: count }
const clip = { frames: count, tubeletSize: count, imageSize: count, patchSize: count, batch: count }
const clipGrad = z.number().positive().nullish()
const maskRatio = z.number().gt(0).lt(1)
const distance = z.enum(['SmoothL1', 'L1', 'L2']).default('SmoothL1')
const teacher = z.strictObject(stack).nullish()

const common = {
  seed: z.int().optional(),
  optimizer: z.strictObject({
    name: z.literal('adamw'),
    betas: z.tuple([z.number().gte(0).lt(1), z.number().gte(0).lt(1)]),
    eps: z.number(),
    weightDecay: z.number(),
    clipGrad,
    learningRates: z.array(z.number()).min(1),
    steps: count,
  }),
  lrScales: z.record(z.string(), z.number()).optional(),
  weightDecays: z.record(z.string(), z.number()).optional(),
}

const schema = z.discriminatedUnion('model', [
  z.strictObject({
    model: z.literal('mae'),
    ...common,
    config: z.strictObject({
      imageSize: count,
      patchSize: count,
      batch: count,
      ...stack,
      ...decoder,
      maskRatio,
      normalizedPixels: z.boolean(),
      clipGrad,
    }),
  }),
  z.strictObject({
    model: z.literal('videomae'),
    ...common,
    config: z.strictObject({ ...clip, ...stack, ...decoder, maskRatio, normalizedPixels: z.boolean(), clipGrad }),
  }),
  z.strictObject({
    model: z.literal('mvd-student'),
    ...common,
    config: z.strictObject({
      ...clip,
      ...stack,
      decoderDepth: count,
      // As in the published code, a decoder is as wide as the encoder by default.
      decoderWidth: count.nullish(),
      decoderHeads: count.nullish(),
      clsToken: z.boolean().default(false),
      maskRatio,
      normFeature: z.boolean().default(false),
      imageLoss: distance,
      videoLoss: distance,
      imageWeight: z.number().default(1),
      videoWeight: z.number().default(1),
      imageTeacher: teacher,
      videoTeacher: teacher,
      clipGrad,
    }),
  }),
  z.strictObject({
    model: z.literal('classifier'),
    ...common,
    config: z.strictObject({
      ...clip,
      ...stack,
      classes: count,
      clsToken: z.boolean().default(false),
      loss: z.enum(['soft', 'smooth']),
      labelSmoothing: z.number().gte(0).lt(1).nullish(),
      layerDecay: z.number().gt(0).lte(1).default(1),
      clipGrad,
    }),
  }),
])

/** The contents of `case.json`. */
export type CaseFile = z.infer<typeof schema>
export type CaseOf<M extends CaseFile['model']> = Extract<CaseFile, { model: M }>

/** Reads the text of a `case.json`; unknown fields are rejected by name, not ignored. */
export function parseCase(text: string): CaseFile {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    refuse('case.json is not JSON', cause)
  }
  const parsed = schema.safeParse(document)
  const issue = parsed.error?.issues[0]
  if (parsed.data === undefined)
    refuse(issue === undefined ? 'case.json is invalid' : describe(issue, document), parsed.error)
  if (parsed.data.optimizer.learningRates.length !== parsed.data.optimizer.steps) {
    refuse(
      `case.json has ${parsed.data.optimizer.steps} steps but ${parsed.data.optimizer.learningRates.length} learning rates`,
    )
  }
  return parsed.data
}

function describe(issue: z.core.$ZodIssue, document: unknown): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map((key) => (path === '' ? key : `${path}.${key}`))
    return `case.json has the unknown field${fields.length > 1 ? 's' : ''} ${fields.join(', ')}`
  }
  if (path === 'model') {
    const model = z.object({ model: z.unknown() }).safeParse(document).data?.model
    return model === undefined
      ? 'case.json names no model'
      : `case.json has the unknown model ${JSON.stringify(model)}; supported models are ${Object.keys(models).join(', ')}`
  }
  if (valueAt(document, issue.path) === undefined) return `case.json lacks the field ${path}`
  return `case.json: ${path === '' ? 'the document' : path}: ${issue.message}`
}

const valueAt = (document: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => z.record(z.string(), z.unknown()).safeParse(value).data?.[String(key)], document)

const models: Record<CaseFile['model'], true> = { mae: true, videomae: true, 'mvd-student': true, classifier: true }
