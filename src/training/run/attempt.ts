import { toStudioError } from '#contract/api/errors.ts'
import { waysToSaveMemory } from '#contract/configuration/memory.ts'
import { describeEarlyStop, earlyStoppingOf } from '#contract/domain/early-stopping.ts'
import type { EngineName } from '#contract/domain/engine.ts'
import { inputRoles } from '#contract/domain/model-ref.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { openStage } from '../stages/index.ts'
import type { StageContext, StageInputs } from '../stages/stage.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import { earlierAttempts } from './earlier-attempts.ts'
import { openEngine } from './engine.ts'
import { readEnvironment } from './environment.ts'
import { loadInputs } from './inputs.ts'
import { measure, type Outcome, train } from './loop.ts'
import { explainOutOfMemory, memoryHint } from './out-of-memory.ts'
import { readManifest, readRunFile } from './read-run.ts'
import { Recorder } from './recorder.ts'
import { startingPoint } from './starting-point.ts'
import { StopSignal } from './stop-signal.ts'

/**
 * Computes the run in `folder` from its newest checkpoint, or from the start, and records everything in `events.jsonl`.
 * @returns the exit code: 0 when finished or stopped on request, 1 when failed.
 */
export async function runStage(folder: string): Promise<number> {
  const file = readRunFile(folder)
  using recorder = new Recorder(folder)
  using stop = new StopSignal(folder)
  const { engine: choice } = file.general
  let engine = choice === 'auto' ? undefined : choice
  try {
    const { status, step, earlyStop } = await perform(folder, file, recorder, stop, (name) => (engine = name))
    if (earlyStop !== undefined) recorder.log(describeEarlyStop(earlyStop))
    recorder.write({ type: 'ended', status, step, error: null, ...(earlyStop === undefined ? {} : { earlyStop }) })
    return 0
  } catch (cause) {
    const hint = `To use less memory, launch a new pipeline: ${waysToSaveMemory({ ...file.task, clip: file.clip })} Saved checkpoints are intact.`
    const error = toStudioError(explainOutOfMemory(cause, file.task.stage, await memoryHint(cause, engine, hint)))
    process.stderr.write(`${error.stack}\n`)
    recorder.write({ type: 'ended', status: 'failed', step: recorder.step, error: error.report() })
    return 1
  }
}

async function perform(
  folder: string,
  file: RunFile,
  recorder: Recorder,
  stop: StopSignal,
  onEngine: (name: EngineName) => void,
): Promise<Outcome> {
  const log = (message: string) => recorder.log(message)
  const warn = (message: string) => recorder.log(message, 'warning')
  const manifest = readManifest(file)
  const inputs = await loadInputs(folder, file, { log, warn })
  const attempts = earlierAttempts(folder)
  const engine = await openEngine(folder, file, attempts, recorder)
  onEngine(engine.name)
  const pool = createVideoPool({ frameCache: file.frameCache })
  const context: StageContext = {
    seed: file.general.seed,
    clip: file.clip,
    labelSet: manifest.labelSets.find(({ name }) => name === file.dataset.labels),
    manifest,
    engine,
    clipReader: pool,
    inputs,
    folder,
    warn,
  }
  const started = {
    attempt: recorder.attempt,
    pid: process.pid,
    engine: engine.description,
    engineName: engine.name,
    environment: await readEnvironment(),
  }
  try {
    const opened = await openStage(file.task, context)
    try {
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
        return await measure(opened.stage, recorder, stop)
      }
      const { stage } = opened
      const start = await startingPoint(folder, stage, warn)
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
      return await train({ folder, file, engine, stage, recorder, stop, start, licenceNotes: notesOf(inputs) })
    } finally {
      await opened.stage[Symbol.asyncDispose]()
    }
  } finally {
    await pool.dispose()
    await engine.dispose()
  }
}

/** The licence notes of all inputs, without duplicates. */
const notesOf = (inputs: StageInputs): string[] => [
  ...new Set(inputRoles.flatMap((role) => inputs[role]?.licenceNotes ?? [])),
]
