import { StudioError } from '#contract/api/errors.ts'
import {
  afterValidation,
  type EarlyStop,
  earlyStoppingOf,
  type EarlyStoppingRule,
  type EarlyStoppingState,
  isPatienceOver,
} from '#contract/domain/early-stopping.ts'
import { encodeMetrics } from '#contract/domain/metric.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { saveCheckpoint } from '../checkpoint/checkpoints.ts'
import type { FeedingWork } from '../data/clip.ts'
import { collectGarbage } from '../engine/collect-garbage.ts'
import type { Engine, TrainingSession, TrainingState } from '../engine/program/engine.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import type { Metrics, TrainingStage } from '../stages/stage.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { DiskWatch } from './disk-watch.ts'
import { DivergenceWatch } from './divergence.ts'
import { EpochLog } from './epoch-log.ts'
import { FeedingWatch } from './feeding-watch.ts'
import { Diverged, readFinite, reportScaling, requireFinite, requireFiniteMetrics, waysToSettle } from './finite.ts'
import type { MachineMeter } from './machine-meter.ts'
import type { Recorder } from './recorder.ts'
import { SpeedMeter } from './speed-meter.ts'
import type { StartingPoint } from './starting-point.ts'
import { doStep } from './step.ts'
import type { StopSignal } from './stop-signal.ts'
import { StopRequested, unlessStopped, type Waits } from './waits.ts'

/** How the process of a run ended, if it did not fail. */
export interface Outcome {
  readonly status: 'finished' | 'stopped'
  readonly step: number
  /** Why it finished before its last step. */
  readonly earlyStop?: EarlyStop
}

export interface TrainingRun {
  readonly folder: string
  readonly file: RunFile
  readonly engine: Engine
  readonly stage: TrainingStage
  readonly recorder: Recorder
  readonly stop: StopSignal
  readonly waits: Waits
  readonly start: StartingPoint
  /** What the decoder processes have done so far. */
  readonly feeding?: () => FeedingWork
  /** Figures of the machine. */
  readonly machine?: Pick<MachineMeter, 'take'>
  /** Licence notes of imported models, which all their descendants carry. */
  readonly licenceNotes: readonly string[]
}

/**
 * Trains a stage to its last step, until its patience is over, or until a stop is requested. Writes a checkpoint every `checkpointEveryEpochs`, at the last step,
 * on request, and when stopped; a picture every `mediaEveryEpochs`, before the first step, and after the last.
 *
 * A stop ends the wait for a batch, a validation or a picture. A checkpoint whose validation it ended says so, and the next attempt validates
 * it first, so that early stopping comes to the same result.
 * @throws StudioError `diverged` if a loss, a gradient norm, a validation score or a weight is not finite, or if gradients overflow at every
 *   loss scale. Nothing of that step is recorded or saved; the last checkpoint is kept. `disk-full` if the disk has no space for another
 *   checkpoint than the one that was saved.
 * @throws StudioError `video-unreadable` if there is no batch to continue with. The state is saved before.
 */
export async function train(run: TrainingRun): Promise<Outcome> {
  const { stage, recorder, start, waits } = run
  const { general } = run.file
  const totalSteps = stage.stepsPerEpoch * stage.epochs
  const rule = earlyStoppingOf(run.file.task.configuration)
  const session = await begin(run)
  const divergence = new DivergenceWatch(stage)
  let isStepLost = false
  try {
    collectGarbage()
    const meter = new SpeedMeter(stage.samplesPerStep)
    const feeding = new FeedingWatch(stage, run.feeding, (message, level) => recorder.log(message, level))
    const epochs = new EpochLog(stage, (message) => recorder.log(message))
    const disk = new DiskWatch(run.folder, stage.parameterCount)
    const warn = (message: string) => recorder.log(message, 'warning')
    const beforeBatch = () => {
      recorder.progress(step)
      return run.stop.isRequested() || disk.isLow(warn) ? 'stop' : 'continue'
    }
    let savedStep = start.step > 0 ? start.step : -1
    let step = start.step
    let { earlyStopping } = start
    let isValidationDue = false
    const isOver = (): boolean =>
      !isValidationDue && (step === totalSteps || (rule !== undefined && isPatienceOver(rule, earlyStopping)))
    const hint = (): string => waysToSettle(savedStep >= 0)
    /** Validates, shows and saves the state after a step, as far as they are due. Returns false if a stop ended the validation. */
    const settle = async (metricsOfStep: Metrics): Promise<boolean> => {
      const { savesNow, showsNow } = dueAt(step, stage, general)
      if (!savesNow && !showsNow) return true
      const state = await readFinite(session, step, hint())
      const metrics = savesNow ? await unlessStopped(() => validate(run, stage, state.parameters, step, hint())) : {}
      isValidationDue = metrics === undefined
      if (rule !== undefined && metrics !== undefined) earlyStopping = observe(rule, earlyStopping, step, metrics)
      if (!isValidationDue && (showsNow || isOver()))
        await unlessStopped(() => show(run, stage, state.parameters, step))
      if (savesNow) {
        await save(run, step, state, { ...metricsOfStep, ...metrics }, earlyStopping, isValidationDue)
        savedStep = step
      }
      meter.pause()
      return !isValidationDue
    }
    /** Writes the checkpoint that was requested, unless the step has one. It changes nothing that is computed. */
    const saveNow = async (): Promise<void> => {
      if (savedStep !== step) {
        await save(run, step, await readFinite(session, step, hint()), {}, earlyStopping, isValidationDue)
        savedStep = step
        meter.pause()
      }
      recorder.log(`Step ${step} was saved on request.`)
      run.stop.saved()
    }
    let goesOn = !start.isValidationDue || (await settle(start.metrics))
    while (goesOn && !isOver()) {
      const result = await doStep(stage, session, step, beforeBatch, waits).catch(async (cause: unknown) => {
        if (cause instanceof StopRequested) {
          isStepLost = cause.isComputing
          return undefined
        }
        // The inputs are at fault, not the state: what was computed is kept.
        if (isOfVideos(cause) && step > 0 && savedStep !== step)
          await save(run, step, await readFinite(session, step, hint()), {}, earlyStopping)
        throw cause
      })
      if (result === undefined) break
      meter.add(result.waitedMs)
      step += 1
      divergence.note(step, result)
      const losses = { ...stage.metrics(result), 'train/loss': result.loss }
      requireFinite(step, result, losses, hint())
      reportScaling(recorder, step, result, hint())
      recorder.metrics(step, {
        ...losses,
        'optimizer/learning-rate': result.learningRate,
        'optimizer/gradient-norm': result.gradientNorm,
        ...(result.scaling === undefined ? {} : { 'optimizer/loss-scale': result.scaling.scale }),
        'progress/epoch': step / stage.stepsPerEpoch,
        ...meter.take(),
        ...feeding.add(step, result),
        ...run.machine?.take(),
      })
      epochs.add(step, result)
      recorder.progress(step)
      goesOn = await settle({ 'train/loss': result.loss })
      if (run.stop.isSaveRequested) await saveNow()
    }
    if (isStepLost) {
      recorder.log(
        `The engine did not end step ${step + 1} after the stop was requested. The run ends at its last checkpoint, step ${Math.max(0, savedStep)}.`,
        'warning',
      )
      return { status: 'stopped', step: Math.max(0, savedStep) }
    }
    if (savedStep !== step && step > 0)
      await save(run, step, await readFinite(session, step, hint()), {}, earlyStopping)
    // Saving may have used the most memory, and a short run has recorded none yet.
    recorder.metrics(step, { 'system/peak-memory': peakMemoryMib() })
    if (!isOver() && disk.isLow(warn)) throw disk.error(step)
    if (!isOver()) return { status: 'stopped', step }
    const earlyStop =
      rule === undefined || earlyStopping === undefined || step === totalSteps
        ? {}
        : { earlyStop: earlyStopOf(stage, rule, earlyStopping, step) }
    return { status: 'finished', step, ...earlyStop }
  } catch (cause) {
    if (cause instanceof Diverged) report(run, divergence, cause)
    throw cause
  } finally {
    // Releasing a session that computes would crash the process.
    if (!isStepLost) await session.dispose()
  }
}

/** Writes the report of a divergence. One that cannot be written is said, and does not replace the error. */
function report({ folder, recorder }: TrainingRun, divergence: DivergenceWatch, cause: Diverged): void {
  try {
    divergence.write(folder, recorder.attempt, cause)
  } catch (problem) {
    recorder.log(`The report of the divergence cannot be written: ${String(problem)}`, 'warning')
  }
}

/** What is due after a step. */
function dueAt(
  step: number,
  { stepsPerEpoch, epochs }: TrainingStage,
  { checkpointEveryEpochs, mediaEveryEpochs }: RunFile['general'],
): { savesNow: boolean; showsNow: boolean } {
  const epoch = step / stepsPerEpoch
  const isDue = (every: number): boolean => epoch === epochs || (Number.isInteger(epoch) && epoch % every === 0)
  return { savesNow: isDue(checkpointEveryEpochs), showsNow: isDue(mediaEveryEpochs) }
}

/** Whether videos of the dataset are the cause of an error. */
const isOfVideos = (cause: unknown): boolean => cause instanceof StudioError && cause.code === 'video-unreadable'

/** The state of early stopping after a step that may have been validated. */
function observe(
  rule: EarlyStoppingRule,
  state: EarlyStoppingState | undefined,
  step: number,
  metrics: Metrics,
): EarlyStoppingState | undefined {
  const value = metrics[rule.monitor]
  return value === undefined ? state : afterValidation(rule, state, step, value)
}

const earlyStopOf = (
  { epochs, stepsPerEpoch }: TrainingStage,
  { monitor, patience, minImprovement }: EarlyStoppingRule,
  { best, bestStep }: EarlyStoppingState,
  step: number,
): EarlyStop => ({
  monitor,
  patience,
  minImprovement,
  epoch: step / stepsPerEpoch,
  plannedEpochs: epochs,
  best,
  bestStep,
  bestEpoch: bestStep / stepsPerEpoch,
})

/** Opens the session and makes the first picture. */
async function begin(run: TrainingRun): Promise<TrainingSession> {
  const { stage, start, engine } = run
  const state = start.takeState()
  stage.prepareFrom(start.step)
  const session = await engine.training(stage.program, state)
  try {
    if (start.step === 0) await unlessStopped(() => show(run, stage, state.parameters, 0))
    return session
  } catch (cause) {
    await session.dispose()
    throw cause
  }
}

/** Writes the checkpoint before it records it, so that a recorded checkpoint always exists. */
async function save(
  { folder, file, stage, recorder, licenceNotes, waits }: TrainingRun,
  step: number,
  state: TrainingState,
  metrics: Metrics,
  earlyStopping: EarlyStoppingState | undefined,
  isValidationDue = false,
): Promise<void> {
  recorder.secure()
  const card = await waits.during('saving', () =>
    saveCheckpoint(
      folder,
      {
        runId: file.id,
        step,
        epoch: step / stage.stepsPerEpoch,
        createdAt: new Date().toISOString(),
        task: file.task,
        clip: file.clip,
        inputs: file.inputs,
        classes: stage.classes === null ? null : [...stage.classes],
        ...(stage.trainingVideos === undefined ? {} : { trainingVideos: [...stage.trainingVideos] }),
        model: stage.model,
        licenceNotes: [...licenceNotes],
        metrics: encodeMetrics(metrics),
        ...(earlyStopping === undefined ? {} : { earlyStopping }),
        ...(isValidationDue ? { isValidationDue } : {}),
      },
      state,
    ),
  )
  recorder.write({ type: 'checkpoint', card })
  recorder.sync()
}

async function show(run: TrainingRun, stage: TrainingStage, parameters: NamedHostTensors, step: number): Promise<void> {
  const item = await run.waits.during('picture', async () => stage.picture?.(parameters, step))
  if (item !== undefined) run.recorder.write({ type: 'media', item })
}

async function validate(
  run: TrainingRun,
  stage: TrainingStage,
  parameters: NamedHostTensors,
  step: number,
  hint: string,
): Promise<Metrics> {
  if (stage.validate === undefined) return {}
  const metrics = (await run.waits.during('validation', async () => stage.validate?.(parameters))) ?? {}
  requireFiniteMetrics('validation', `at step ${step}`, metrics, hint)
  run.recorder.metrics(step, metrics)
  return metrics
}
