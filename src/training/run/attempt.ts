import { relative } from 'node:path'
import { type ErrorCode, toStudioError } from '#contract/api/errors.ts'
import { waysToSaveMemory } from '#contract/configuration/memory.ts'
import { describeEarlyStop, earlyStoppingOf } from '#contract/domain/early-stopping.ts'
import { type EngineName, traitsOf } from '#contract/domain/engine.ts'
import { checkpointId, inputRoles } from '#contract/domain/model-ref.ts'
import { unrecordedEnds } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { queryCardUse } from '#node/nvidia-smi.ts'
import { queryVisibleCards } from '#node/visible-cards.ts'
import type { Engine } from '../engine/program/engine.ts'
import { openStage } from '../stages/index.ts'
import type { KeptTargets, StageContext, StageInputs } from '../stages/stage.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import { earlierAttempts } from './earlier-attempts.ts'
import { openEngine } from './engine.ts'
import { readEnvironment } from './environment.ts'
import { loadInputs } from './inputs.ts'
import { type Outcome, train, type TrainingRun } from './loop.ts'
import { MachineMeter } from './machine-meter.ts'
import { measure } from './measure.ts'
import { explainOutOfMemory, memoryHint } from './out-of-memory.ts'
import { explainReadOnly } from './read-only.ts'
import { checkVideos, readManifest, readRunFile } from './read-run.ts'
import { Recorder } from './recorder.ts'
import { newestSavedStep, startingPoint } from './starting-point.ts'
import { StopSignal } from './stop-signal.ts'
import { StopRequested, Waits } from './waits.ts'

/** How the process of a run ends. */
export interface AttemptEnd {
  /** 0 when finished or stopped on request, 1 when failed. */
  readonly exitCode: number
  /** Whether something that was abandoned still runs, so that the process cannot exit by itself. */
  readonly isHanging: boolean
}

/** Abandoned work usually ends at once, since its decoders are gone. */
const graceMs = 500

/** Computes the run in `folder` from its newest checkpoint, or from the start, and records everything in `events.jsonl`. */
export async function runStage(folder: string): Promise<AttemptEnd> {
  const file = readRunFile(folder)
  using stop = new StopSignal(folder)
  const waits = new Waits({ stop: stop.requested })
  using recorder = new Recorder(folder, () => waits.current())
  const { engine: choice } = file.general
  let engine = choice === 'auto' ? undefined : choice
  try {
    const { status, step, earlyStop } = await perform(
      { folder, file, recorder, stop, waits },
      (name) => (engine = name),
    )
    if (earlyStop !== undefined) recorder.log(describeEarlyStop(earlyStop))
    recorder.write({ type: 'ended', status, step, error: null, ...(earlyStop === undefined ? {} : { earlyStop }) })
    return { exitCode: 0, isHanging: await waits.isHanging(0) }
  } catch (cause) {
    const hint = `To use less memory, launch a new pipeline: ${waysToSaveMemory({ ...file.task, clip: file.clip })} Saved checkpoints are intact.`
    const explained = explainOutOfMemory(cause, file.task.stage, await memoryHint(cause, engine, hint))
    const error = toStudioError(explainReadOnly(explained, folder))
    process.stderr.write(`${error.stack}\n`)
    const isHanging = await waits.isHanging(0)
    try {
      recorder.write({ type: 'ended', status: 'failed', step: recorder.step, error: error.report() })
    } catch (cause) {
      // The exit code is the last word of a process that can write nothing.
      const { code } = toStudioError(cause)
      return { exitCode: isUnrecordedEnd(code) ? unrecordedEnds[code] : 1, isHanging }
    }
    return { exitCode: 1, isHanging }
  }
}

const isUnrecordedEnd = (code: ErrorCode): code is keyof typeof unrecordedEnds => Object.hasOwn(unrecordedEnds, code)

/** What every part of an attempt uses. */
type Attempt = Pick<TrainingRun, 'folder' | 'file' | 'recorder' | 'stop' | 'waits'>

async function perform(attempt: Attempt, onEngine: (name: EngineName) => void): Promise<Outcome> {
  const { folder, recorder } = attempt
  await using scope = new AsyncDisposableStack()
  try {
    return await compute(attempt, scope, onEngine)
  } catch (cause) {
    if (!(cause instanceof StopRequested)) throw cause
    // Training handles its own stops: this one came before the first step of the attempt.
    recorder.log('A stop was requested before this attempt computed a step.')
    return { status: 'stopped', step: newestSavedStep(folder) }
  }
}

async function compute(
  { folder, file, recorder, stop, waits }: Attempt,
  scope: AsyncDisposableStack,
  onEngine: (name: EngineName) => void,
): Promise<Outcome> {
  const log = (message: string) => recorder.log(message)
  const warn = (message: string) => recorder.log(message, 'warning')
  /** Releases a part of the attempt, unless abandoned work may still use it. */
  const release = (dispose: () => Promise<void>) =>
    scope.defer(async () => {
      if (await waits.isHanging(graceMs)) return
      await dispose()
    })
  const manifest = readManifest(file)
  const pool = createVideoPool({
    frameCache: file.frameCache,
    silenceMs: file.general.decodeTimeout * 1000,
    onProblem: warn,
  })
  pool.start()
  scope.defer(() => pool.dispose())
  await waits.during('videos', (signal) => checkVideos(file, manifest, warn, signal))
  const inputs = await waits.during('models', (signal) => loadInputs(folder, file, { log, warn }, signal))
  const attempts = earlierAttempts(folder)
  const engine = await waits.during('engine', () => openEngine(folder, file, attempts, recorder))
  release(() => engine.dispose())
  onEngine(engine.name)
  waits.watchDecoding(() => {
    const slowest = pool.slowest()
    return slowest === undefined ? undefined : { ...slowest, file: relative(manifest.root, slowest.file) }
  })
  const context: StageContext = {
    seed: file.general.seed,
    clip: file.clip,
    labelSet: manifest.labelSets.find(({ name }) => name === file.dataset.labels),
    manifest,
    engine,
    clipReader: pool,
    inputs,
    keptTargets: keptTargetsOf(file),
    folder,
    warn,
  }
  const started = {
    attempt: recorder.attempt,
    pid: process.pid,
    engine: engine.description,
    engineName: engine.name,
    environment: await waits.during('engine', () => readEnvironment()),
  }
  const opened = await waits.during('stage', () => openStage(file.task, context))
  release(async () => opened.stage[Symbol.asyncDispose]())
  // Once more, before the others: what waits for a decoder ends with the pool.
  scope.defer(() => pool.dispose())
  if (opened.kind === 'measuring') {
    const { steps, batchSize, parameterCount } = opened.stage
    recorder.write({
      type: 'started',
      ...started,
      fromStep: 0,
      totalSteps: steps,
      epochs: 1,
      effectiveBatchSize: batchSize,
      parameters: parameterCount,
    })
    return await measure(opened.stage, { recorder, stop, waits })
  }
  const { stage } = opened
  const start = await waits.during('checkpoint', (signal) => startingPoint(folder, stage, warn, signal))
  if (attempts.length > 0 && start.step === 0)
    warn('The attempts before this one saved no checkpoint, so the run begins again from its first step.')
  const { stepsPerEpoch, epochs, samplesPerStep, parameterCount } = stage
  recorder.write({
    type: 'started',
    ...started,
    fromStep: start.step,
    totalSteps: stepsPerEpoch * epochs,
    epochs,
    effectiveBatchSize: samplesPerStep,
    parameters: parameterCount,
    ...(earlyStoppingOf(file.task.configuration) === undefined ? {} : { mayStopEarly: true }),
  })
  recorder.progress(start.step)
  if (file.continues !== undefined && start.card?.step === file.continues.step) {
    log(`The run continues from the checkpoint ${checkpointId(file.continues.run, file.continues.step)}.`)
    recorder.write({ type: 'checkpoint', card: start.card })
  }
  const cards = await waits.during('engine', () => cardsOf(engine))
  using machine = new MachineMeter({
    folder,
    decoders: () => pool.pids(),
    ...(cards.length === 0 ? {} : { cards: () => queryCardUse(cards) }),
  })
  return await train({
    folder,
    file,
    engine,
    stage,
    recorder,
    stop,
    waits,
    start,
    machine,
    feeding: () => pool.work(),
    licenceNotes: notesOf(inputs),
  })
}

/** Where features of teachers are kept. */
const keptTargetsOf = ({ targetCache, general: { precision, tf32 } }: RunFile): KeptTargets | undefined =>
  targetCache === undefined ? undefined : { folder: targetCache, arithmetic: { precision, tf32 } }

/** The licence notes of all inputs, without duplicates. */
const notesOf = (inputs: StageInputs): string[] => [
  ...new Set(inputRoles.flatMap((role) => inputs[role]?.licenceNotes ?? [])),
]

/** UUIDs of the NVIDIA cards that an engine may compute on. */
async function cardsOf({ name }: Engine): Promise<string[]> {
  return traitsOf(name).device === 'processor' ? [] : (await queryVisibleCards()).visible.cards.map(({ uuid }) => uuid)
}
