import { z } from 'zod'
import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import { inputRoles } from '../domain/model-ref.ts'
import type { Overrides } from '../domain/pipeline.ts'
import { inputsOf, lineageOf } from './chain.ts'
import type { DistillConfiguration } from './distill.ts'
import type { FinetuneConfiguration } from './finetune.ts'
import { type Stage, stageNames, stages } from './index.ts'

/** What a classifier can start from: students by their teachers, the video teacher itself, and random weights. */
export const startNames = ['image-student', 'video-student', 'both-student', 'videomae', 'scratch'] as const
export const startSchema = z.enum(startNames)
export type Start = z.infer<typeof startSchema>

export const startTitles: Readonly<Record<Start, string>> = {
  'image-student': 'Student of the image teacher',
  'video-student': 'Student of the video teacher',
  'both-student': 'Student of both teachers',
  videomae: 'Video teacher (VideoMAE)',
  scratch: 'From scratch',
}

/** The start without pre-training, to which the others are compared. */
export const baselineStart: Start = 'scratch'

interface StartFields {
  readonly initialization: FinetuneConfiguration['initialization']
  readonly teachers?: DistillConfiguration['teachers']
}

const startFields: Readonly<Record<Start, StartFields>> = {
  'image-student': { initialization: 'student', teachers: 'image' },
  'video-student': { initialization: 'student', teachers: 'video' },
  'both-student': { initialization: 'student', teachers: 'both' },
  videomae: { initialization: 'video-teacher' },
  scratch: { initialization: 'scratch' },
}

/** Starts that are compared with each other as well as with the baseline. */
export const isStudent = (start: Start): boolean => startFields[start].teachers !== undefined

/** The teachers that a student of this start has, as a hyperparameter of its distillation; none for another start. */
export function studentFields(start: Start): Overrides {
  const { teachers } = startFields[start]
  return teachers === undefined ? {} : { 'distill.teachers': teachers }
}

/** A point of the grid from which the values of fine-tuning are chosen. */
export interface TuningPoint {
  readonly learningRate: number
  readonly layerDecay: number
}

/** The values of fine-tuning that an experiment chooses, as they are in a configuration. */
export const tuningOf = ({ finetune: { learningRate, layerDecay } }: PipelineConfiguration): TuningPoint => ({
  learningRate,
  layerDecay,
})

/** A configuration that fine-tunes with these values. */
export const withTuning = (
  configuration: PipelineConfiguration,
  { learningRate, layerDecay }: TuningPoint,
): PipelineConfiguration => ({ ...configuration, finetune: { ...configuration.finetune, learningRate, layerDecay } })

/** The values of fine-tuning as hyperparameters. */
export const tuningFields = ({ learningRate, layerDecay }: TuningPoint): Overrides => ({
  'finetune.learningRate': learningRate,
  'finetune.layerDecay': layerDecay,
})

/** The stage that an experiment tunes, and the one that tests it. */
export const tunedStage: Stage = 'finetune'
export const testStage: Stage = 'evaluate'

/** The stages that train and test a classifier with labels; all others are pre-training. */
export const labelledStages: readonly Stage[] = [tunedStage, testStage]

/**
 * The whole chain from teachers to a test with one start: every stage on which its result depends. Models that the configuration
 * chooses replace the teachers.
 */
export function chainOf(start: Start, configuration: PipelineConfiguration): PipelineConfiguration {
  const { initialization, teachers } = startFields[start]
  const all: PipelineConfiguration = {
    ...configuration,
    stages: [...stageNames],
    distill: { ...configuration.distill, ...(teachers === undefined ? {} : { teachers }) },
    finetune: { ...configuration.finetune, initialization },
  }
  const chain = { ...all, stages: lineageOf(testStage, all) }
  const used = new Set(
    chain.stages.flatMap((stage) =>
      inputsOf(stage, chain).flatMap(({ source }) => (source?.kind === 'chosen' ? [source.role] : [])),
    ),
  )
  const inputs = Object.fromEntries(
    inputRoles.flatMap((role) => (used.has(role) ? [[role, chain.inputs[role]] as const] : [])),
  )
  return { ...chain, inputs }
}

/** The teachers that a chain trains. */
export const teacherStages = ({ stages: running }: PipelineConfiguration): Stage[] =>
  running.filter((stage) => stages[stage].replacedBy !== undefined)

/** The stages of pre-training after the teachers: distillation, if the chain has a student. */
export const studentStages = (chain: PipelineConfiguration): Stage[] =>
  chain.stages.filter((stage) => !labelledStages.includes(stage) && stages[stage].replacedBy === undefined)

/** The stage of a chain whose model fine-tuning starts from; undefined if it starts from random weights or a chosen model. */
export function startingStage(chain: PipelineConfiguration): Stage | undefined {
  const source = inputsOf(tunedStage, chain)[0]?.source
  return source?.kind === 'stage' ? source.stage : undefined
}
