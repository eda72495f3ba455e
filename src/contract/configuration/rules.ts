import type { z } from 'zod'
import { enginesWith, traitsOf } from '../domain/engine.ts'
import { roleTitles } from '../domain/model-ref.ts'
import { inputsOf, type ResolvedInput } from '../stages/chain.ts'
import type { ReportProblem } from '../stages/definition.ts'
import { type Stage, stageNames, stages, stageTitles } from '../stages/index.ts'
import { clipGrid, divides, nearestDivisor } from '../stages/rules.ts'
import type { PipelineConfiguration } from './pipeline.ts'

/**
 * Rules of a whole configuration: the clip, the general settings, each stage's own, and those between a stage and the stages
 * whose models it takes. Each problem names the field to change. Only stages that will run are checked.
 */
export function checkRules(configuration: PipelineConfiguration, context: z.RefinementCtx): void {
  const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  const { clip, inputs: chosen } = configuration
  const running = stageNames.filter((stage) => configuration.stages.includes(stage))
  checkClip(configuration, (field, message) => problem(['clip', field], message))
  checkGeneral(configuration, running, (field, message) => problem(['general', field], message))
  for (const stage of running) {
    stages[stage].rules(configuration[stage], { clip, chosen }, (field, message) => problem([stage, field], message))
    for (const input of inputsOf(stage, configuration)) {
      checkSource(stage, input, problem)
      checkAgreement(stage, input, configuration, problem)
    }
  }
}

function checkClip({ clip }: PipelineConfiguration, problem: ReportProblem): void {
  const { imageSize, patchSize, frames, tubeletSize } = clip
  if (clipGrid(clip) === undefined)
    problem(
      'patchSize',
      `The patch size ${patchSize} px does not divide the image size ${imageSize} px. Try ${nearestDivisor(imageSize, patchSize)} px.`,
    )
  if (!divides(tubeletSize, frames))
    problem(
      'tubeletSize',
      `The tubelet size ${tubeletSize} does not divide the ${frames} frames of a clip. Try ${nearestDivisor(frames, tubeletSize)}.`,
    )
}

function checkGeneral(configuration: PipelineConfiguration, running: readonly Stage[], problem: ReportProblem): void {
  const { workers, precision, engine, cards } = configuration.general
  if (engine !== 'auto' && !traitsOf(engine).precisions.includes(precision)) {
    const supported = traitsOf(engine).precisions.join(' or ')
    problem(
      'precision',
      `The engine ${engine} computes in ${supported} only. Choose ${supported}, or the engine ${enginesWith(precision).join(' or ')} on a graphics card.`,
    )
  }
  if (cards > 1 && engine !== 'auto' && engine !== 'onnx-cuda')
    problem('cards', `The engine ${engine} does not compute on several cards. Choose onnx-cuda or auto, or 1 card.`)
  for (const stage of running) {
    const { batchSize } = configuration[stage]
    if (cards > 1 && !divides(cards, batchSize))
      problem(
        'cards',
        `${cards} cards do not divide the batch size ${batchSize} of the stage ${stage}. Try ${nearestDivisor(batchSize, cards)}.`,
      )
    if (workers > 1 && !divides(workers, batchSize))
      problem(
        'workers',
        `${workers} workers do not divide the batch size ${batchSize} of the stage ${stage}. Try ${nearestDivisor(batchSize, workers)}, or 0 to choose for each stage.`,
      )
  }
}

type Problem = (path: string[], message: string) => void

/** A stage needs each of its models. */
function checkSource(stage: Stage, { role, use, source, sources, decidedBy }: ResolvedInput, problem: Problem): void {
  if (source !== undefined) return
  const makers = sources.flatMap((candidate) => ('stage' in candidate ? [`add the stage ${candidate.stage}`] : []))
  const roles = sources.flatMap((candidate) =>
    'chosen' in candidate ? [`choose a model (inputs.${candidate.chosen})`] : [],
  )
  const fields = decidedBy === undefined ? [] : [`change ${stage}.${decidedBy}`]
  const what = {
    teach: `the ${roleTitles[role].toLowerCase()}`,
    start: 'a model to start from',
    test: 'a model to test',
  }
  const path = makers.length === 0 && decidedBy !== undefined ? [stage, decidedBy] : ['stages']
  problem(path, `${stageTitles[stage]} needs ${what[use]}: ${[...makers, ...roles, ...fields].join(', or ')}.`)
}

/** Fields that the model of another stage fixes must have the values of that stage. */
function checkAgreement(
  stage: Stage,
  { source, agreesOn = [] }: ResolvedInput,
  configuration: PipelineConfiguration,
  problem: Problem,
): void {
  if (source?.kind !== 'stage') return
  const [own, other]: Readonly<Record<string, unknown>>[] = [configuration[stage], configuration[source.stage]]
  for (const field of agreesOn) {
    if (own?.[field] !== other?.[field])
      problem(
        [stage, field],
        `${field} is ${String(own?.[field])} here and ${String(other?.[field])} in the stage ${source.stage}, whose model this stage takes. Use the same value.`,
      )
  }
}
