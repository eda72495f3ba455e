import { StudioError } from '#contract/api/errors.ts'
import { encodeMetrics } from '#contract/domain/metric.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { saveCheckpoint } from '../checkpoint/checkpoints.ts'
import { collectGarbage } from '../engine/collect-garbage.ts'
import type { Engine, TrainingSession, TrainingState } from '../engine/program/engine.ts'
import { smallestLossScale } from '../engine/program/loss-scale.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import type { Metrics, TrainingStage } from '../stages/stage.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Outcome } from './outcome.ts'
import type { Recorder } from './recorder.ts'
import { SpeedMeter } from './speed-meter.ts'
import { type DoneStep, doStep } from './step.ts'
import type { StopSignal } from './stop-signal.ts'

/** Videos that the report of a diverged step names. */
const namedVideos = 64

/** Where a run begins: fresh weights at step 0, or the state of a checkpoint. */
export interface StartingPoint {
  readonly step: number
  /** Hands the state over, once: whoever keeps it keeps memory that the session has taken its place of. */
  takeState(): TrainingState
}

export interface TrainingRun {
  readonly folder: string
  readonly file: RunFile
  readonly engine: Engine
  readonly stage: TrainingStage
  readonly recorder: Recorder
  readonly stop: StopSignal
  readonly start: StartingPoint
  /** What the licences of imported models ask of all that descends from them. */
  readonly licenceNotes: readonly string[]
}

/**
 * Trains a stage to its last step, or until asked to stop. Writes a checkpoint every `checkpointEveryEpochs`,
 * at the last step, and when stopped; a picture every `mediaEveryEpochs` and at the ends.
 * @throws StudioError `diverged` when a loss is not finite, or gradients fit half precision at no scale; the last checkpoint stays as it is.
 */
export async function train(run: TrainingRun): Promise<Outcome> {
  const { stage, recorder, start } = run
  const { general } = run.file
  const totalSteps = stage.stepsPerEpoch * stage.epochs
  const session = await begin(run)
  try {
    collectGarbage()
    const meter = new SpeedMeter(stage.samplesPerStep)
    const onBatch = () => {
      recorder.progress(step)
      return run.stop.isRequested() ? 'end' : 'go-on'
    }
    let savedStep = start.step > 0 ? start.step : -1
    let step = start.step
    while (step < totalSteps) {
      const result = await doStep(stage, session, step, onBatch)
      if (result === undefined) break
      meter.add(result.waitedMs)
      step += 1
      requireFinite(step, result)
      reportScaling(recorder, step, result)
      recorder.metrics(step, {
        'train/loss': result.loss,
        ...stage.metrics(result),
        'optimizer/learning-rate': result.learningRate,
        'optimizer/gradient-norm': result.gradientNorm,
        ...(result.scaling === undefined ? {} : { 'optimizer/loss-scale': result.scaling.scale }),
        'progress/epoch': step / stage.stepsPerEpoch,
        ...meter.take(),
      })
      recorder.progress(step)

      const epoch = step / stage.stepsPerEpoch
      const isLast = step === totalSteps
      const savesNow = isLast || (Number.isInteger(epoch) && epoch % general.checkpointEveryEpochs === 0)
      const showsNow = isLast || (Number.isInteger(epoch) && epoch % general.mediaEveryEpochs === 0)
      if (savesNow || showsNow) {
        const state = await session.readState()
        if (showsNow) await show(run, stage, state.parameters, step)
        if (savesNow) {
          const metrics = await validate(run, stage, state.parameters, step)
          await save(run, step, state, { 'train/loss': result.loss, ...metrics })
          savedStep = step
        }
        meter.pause()
      }
    }
    if (savedStep !== step && step > 0) await save(run, step, await session.readState(), {})
    // Saving may have taken the most, and a short run has told nothing yet.
    recorder.metrics(step, { 'system/peak-memory': peakMemoryMib() })
    return { status: step < totalSteps ? 'stopped' : 'finished', step }
  } finally {
    await session.dispose()
  }
}

/** Opens the session, and shows what the first weights make of the clip. */
async function begin(run: TrainingRun): Promise<TrainingSession> {
  const { stage, start, engine } = run
  const state = start.takeState()
  const session = await engine.training(stage.program, state)
  try {
    if (start.step === 0) await show(run, stage, state.parameters, 0)
    return session
  } catch (cause) {
    await session.dispose()
    throw cause
  }
}

/** Writes the checkpoint, then announces it: an announced checkpoint is always there. */
async function save(
  { folder, file, stage, recorder, licenceNotes }: TrainingRun,
  step: number,
  state: TrainingState,
  metrics: Metrics,
): Promise<void> {
  const card = await saveCheckpoint(
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
      model: stage.model,
      licenceNotes: [...licenceNotes],
      metrics: encodeMetrics(metrics),
    },
    state,
  )
  recorder.write({ type: 'checkpoint', card })
  recorder.sync()
}

async function show(run: TrainingRun, stage: TrainingStage, parameters: NamedHostTensors, step: number): Promise<void> {
  const item = await stage.picture?.(parameters, step)
  if (item !== undefined) run.recorder.write({ type: 'media', item })
}

async function validate(
  run: TrainingRun,
  stage: TrainingStage,
  parameters: NamedHostTensors,
  step: number,
): Promise<Metrics> {
  const metrics = await stage.validate?.(parameters)
  if (metrics === undefined) return {}
  run.recorder.metrics(step, metrics)
  return metrics
}

const waysToSettle = 'Lower the learning rate, lengthen the warm-up or clip the gradient. The last checkpoint is whole.'

function requireFinite(step: number, { loss, learningRate, gradientNorm, videos }: DoneStep): void {
  if (Number.isFinite(loss)) return
  const some =
    videos.length <= namedVideos
      ? videos.join(', ')
      : `${videos.slice(0, namedVideos).join(', ')} and ${videos.length - namedVideos} more`
  throw new StudioError(
    'diverged',
    `The loss became ${loss} at step ${step} (learning rate ${learningRate.toPrecision(3)}, gradient norm ${gradientNorm.toPrecision(3)}; videos ${some}).`,
    waysToSettle,
  )
}

/** Says of a step that it was skipped; ends the run where no scale makes its gradients fit. */
function reportScaling(recorder: Recorder, step: number, { scaling, learningRate }: DoneStep): void {
  if (scaling?.isSkipped !== true) return
  if (scaling.scale < smallestLossScale) {
    throw new StudioError(
      'diverged',
      `The gradients fit half precision at no loss scale at step ${step} (learning rate ${learningRate.toPrecision(3)}).`,
      `${waysToSettle} Or launch it anew with general.precision=float32.`,
    )
  }
  recorder.log(
    `Step ${step} changed nothing: its gradients did not fit half precision. The loss scale is ${scaling.scale} from now on.`,
  )
}
