import { toStudioError } from '#contract/api/errors.ts'
import { waysToSaveMemory } from '#contract/configuration/memory.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { openStage } from '../stages/index.ts'
import type { StageContext, StageInputs } from '../stages/stage.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import { earlierAttempts } from './attempts.ts'
import { openEngine } from './engine.ts'
import { loadInputs } from './inputs.ts'
import { measure } from './measure.ts'
import { explainOutOfMemory } from './out-of-memory.ts'
import type { Outcome } from './outcome.ts'
import { readManifest, readRunFile } from './read-run.ts'
import { Recorder } from './recorder.ts'
import { startingPoint } from './starting-point.ts'
import { StopSignal } from './stop-signal.ts'
import { train } from './train.ts'

/**
 * Computes the run in `folder` from its newest checkpoint, or from the start. Whatever happens is in `events.jsonl`.
 * @returns the exit code: 0 when finished or stopped on request, 1 when failed.
 */
export async function runStage(folder: string): Promise<number> {
  const file = readRunFile(folder)
  using recorder = new Recorder(folder)
  using stop = new StopSignal(folder)
  try {
    const { status, step } = await perform(folder, file, recorder, stop)
    recorder.write({ type: 'ended', status, step, error: null })
    return 0
  } catch (cause) {
    const hint = `To take less, launch anew: ${waysToSaveMemory({ ...file.task, clip: file.clip })} Checkpoints that were written are whole.`
    const error = toStudioError(explainOutOfMemory(cause, file.task.stage, hint))
    process.stderr.write(`${error.stack}\n`)
    recorder.write({ type: 'ended', status: 'failed', step: recorder.step, error: error.report() })
    return 1
  }
}

async function perform(folder: string, file: RunFile, recorder: Recorder, stop: StopSignal): Promise<Outcome> {
  const warn = (message: string) => recorder.log(message, 'warning')
  const manifest = readManifest(file)
  const inputs = await loadInputs(folder, file, warn)
  const attempts = earlierAttempts(folder)
  const engine = await openEngine(folder, file, attempts, recorder)
  const pool = createVideoPool({ frameCache: file.frameCache })
  const context: StageContext = {
    seed: file.general.seed,
    clip: file.clip,
    labelSet: manifest.labelSets.find(({ name }) => name === file.dataset.labels),
    manifest,
    engine,
    clips: pool,
    inputs,
    folder,
    warn,
  }
  const started = {
    attempt: attempts.length + 1,
    pid: process.pid,
    engine: engine.description,
    engineName: engine.name,
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
      const { stepsPerEpoch, epochs, samplesPerStep, parameterCount } = stage
      recorder.write({
        type: 'started',
        ...started,
        fromStep: start.step,
        totalSteps: stepsPerEpoch * epochs,
        epochs,
        effectiveBatchSize: samplesPerStep,
        parameters: parameterCount,
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

/** The notes of all inputs, each once. */
const notesOf = ({ imageTeacher, videoTeacher, model }: StageInputs): string[] => [
  ...new Set([imageTeacher, videoTeacher, model].flatMap((input) => input?.licenceNotes ?? [])),
]
