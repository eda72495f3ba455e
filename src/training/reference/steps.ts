import { referenceTolerances } from '#contract/domain/reference.ts'
import type { Engine, StepResult, TrainingProgram, TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import type { AdamWSettings, ParameterGroup } from '../optimizer/adamw.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import type { CaseFile } from './case-file.ts'
import { distanceWithoutKeys, hasKeyNoise } from './key-noise.ts'
import { distance, type Ledger } from './ledger.ts'
import { refuse } from './refuse.ts'

/** The program that a case trains on its recorded weights and batch. */
export interface TrainedCase {
  readonly program: TrainingProgram
  readonly weights: NamedHostTensors
  readonly inputs: NamedHostTensors
}

/** AdamW with the settings of the case. */
export function optimizerOf({ optimizer, config }: CaseFile): AdamWSettings {
  const limits = new Set([optimizer.clipGrad, config.clipGrad].filter((limit) => limit !== null && limit !== undefined))
  if (limits.size > 1) refuse(`case.json has two values of clipGrad: ${[...limits].join(' and ')}`)
  return {
    beta1: optimizer.betas[0],
    beta2: optimizer.betas[1],
    epsilon: optimizer.eps,
    clipGradient: [...limits][0] ?? 0,
  }
}

/** Rejects a case whose learning-rate scales and weight decays differ from those of the studio for any parameter. */
export function checkGroups(
  groups: Readonly<Record<string, ParameterGroup>>,
  { lrScales, weightDecays }: CaseFile,
): void {
  const listed = [
    ['lrScales', lrScales, 'learningRateScale'],
    ['weightDecays', weightDecays, 'weightDecay'],
  ] as const
  for (const [field, values, key] of listed) {
    const unlisted = Object.keys(groups).find((name) => values !== undefined && values[name] === undefined)
    if (unlisted !== undefined) refuse(`case.json lacks ${unlisted} under ${field}`)
    for (const [name, theirs] of Object.entries(values ?? {})) {
      const ours = groups[name]?.[key]
      if (ours === undefined) refuse(`case.json lists ${name} under ${field}; the studio trains no such parameter`)
      if (!(distance([ours], [theirs]) < 1e-6))
        refuse(`case.json lists ${theirs} for ${name} under ${field}; the studio has ${ours}`)
    }
  }
}

/**
 * Takes the steps of a case on an engine and compares losses, gradient norms, the gradients of the first step and the
 * change of every parameter over all steps. Gradients are those that AdamW received: its first moment after one step is
 * the gradient times 1 − β1, and times the factor of clipping.
 * @returns the outputs of the first step other than the loss.
 */
export async function compareSteps(
  engine: Engine,
  { optimizer }: CaseFile,
  { program, weights, inputs }: TrainedCase,
  ledger: Ledger,
): Promise<NamedHostTensors> {
  const session = await engine.training(program, initialState(weights, program.groups))
  try {
    const results: StepResult[] = []
    for (const [index, learningRate] of optimizer.learningRates.entries()) {
      results.push(await session.step(inputs, learningRate, index + 1))
      if (index === 0)
        compareGradients(program, await session.readState(), results[0]?.gradientNorm ?? Number.NaN, ledger)
    }
    if (ledger.has('loss'))
      ledger.add('losses', 'loss', distance([results[0]?.loss ?? Number.NaN], ledger.take('loss').data))
    ledger.add(
      'losses',
      'losses',
      distance(
        results.map(({ loss }) => loss),
        ledger.take('losses').data,
      ),
    )
    ledger.add(
      'gradients',
      'grad_norms',
      distance(
        results.map(({ gradientNorm }) => gradientNorm),
        ledger.take('grad_norms').data,
      ),
    )
    compareUpdates(weights, (await session.readState()).parameters, program, ledger)
    return results[0]?.outputs ?? {}
  } finally {
    await session.dispose()
  }
}

function compareGradients(
  { groups, optimizer }: TrainingProgram,
  { firstMoments }: TrainingState,
  norm: number,
  ledger: Ledger,
): void {
  const { beta1, clipGradient } = optimizer
  const clipping = clipGradient > 0 ? Math.min(1, clipGradient / (norm + 1e-6)) : 1
  for (const name of Object.keys(groups)) {
    const gradient = new Float64Array(firstMoments[name]?.data ?? [])
    gradient.forEach((value, index) => (gradient[index] = value / ((1 - beta1) * clipping)))
    // A parameter that the loss does not depend on has no gradient, and none is recorded.
    ledger.add(
      'gradients',
      name,
      distance(gradient, ledger.find(`grad.${name}`)?.data ?? new Float32Array(gradient.length)),
    )
  }
}

function compareUpdates(
  before: NamedHostTensors,
  after: NamedHostTensors,
  { groups }: TrainingProgram,
  ledger: Ledger,
): void {
  const frozen = Object.keys(before).filter((name) => groups[name] === undefined && ledger.has(`after.${name}`))
  for (const name of [...Object.keys(groups), ...frozen]) {
    const initial = before[name]
    const ours = after[name]
    if (initial === undefined || ours === undefined) throw new Error(`The parameter ${name} was lost.`)
    const theirs =
      groups[name] === undefined || ledger.has(`grad.${name}`)
        ? ledger.take(`after.${name}`)
        : (ledger.find(`after.${name}`) ?? initial)
    const [ourChange, theirChange] = [change(ours, initial), change(theirs, initial)]
    const error = distance(ourChange, theirChange)
    const isNoise = error > referenceTolerances.updates && hasKeyNoise(name, ledger.find(`grad.${name}`)?.data)
    if (isNoise) ledger.add('updates', `${name} (query and value)`, distanceWithoutKeys(ourChange, theirChange))
    else ledger.add('updates', name, error)
  }
}

function change(after: HostTensor, before: HostTensor): Float64Array {
  const difference = new Float64Array(after.data)
  before.data.forEach((value, index) => (difference[index] = (difference[index] ?? 0) - value))
  return difference
}
