/**
 * A training child with the real recorder, attempts and checkpoints, and a toy model. Tasks are done by the stand-in of the other tests.
 */
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { toStudioError } from '#contract/api/errors.ts'
import { saveCheckpoint, readTrainingState } from '#training/checkpoint/checkpoints.ts'
import { newestCheckpoint } from '#training/checkpoint/find.ts'
import { readRunFile } from '#training/run/read-run.ts'
import { Recorder } from '#training/run/recorder.ts'
import { StopSignal } from '#training/run/stop-signal.ts'
import { clockFile, shiftClock } from './clock.ts'
import { advance, firstState, lossOf, tensorOf, toyCheckpointEvery, toySteps, type ToyState } from './toy.ts'

const stepMs = 3

async function run(folder: string, recorder: Recorder): Promise<void> {
  const file = readRunFile(folder)
  using stop = new StopSignal(folder)
  const found = await newestCheckpoint(folder, (message) => recorder.log(message, 'warning'))
  let step = found?.card.step ?? 0
  let state = found === undefined ? firstState() : await read(found.folder)
  recorder.write({
    type: 'started',
    attempt: recorder.attempt,
    fromStep: step,
    pid: process.pid,
    engine: 'toy',
    totalSteps: toySteps,
    epochs: toySteps / toyCheckpointEvery,
    effectiveBatchSize: 2,
    parameters: 8,
  })
  let saved = step
  const save = async () => {
    recorder.secure()
    const card = await saveCheckpoint(
      folder,
      {
        runId: file.id,
        step,
        epoch: step / toyCheckpointEvery,
        createdAt: new Date().toISOString(),
        task: file.task,
        clip: file.clip,
        inputs: file.inputs,
        classes: null,
        licenceNotes: [],
        metrics: {},
      },
      {
        parameters: { w: tensorOf(state.weights) },
        firstMoments: { w: tensorOf(state.moments) },
        secondMoments: { w: tensorOf(state.moments) },
      },
    )
    recorder.write({ type: 'checkpoint', card })
    recorder.sync()
    saved = step
  }
  while (step < toySteps && !stop.isRequested()) {
    await delay(stepMs)
    step += 1
    state = advance(state, step)
    recorder.metrics(step, { 'train/loss': lossOf(state) })
    recorder.progress(step)
    if (step % toyCheckpointEvery === 0) await save()
  }
  if (saved < step) await save()
  recorder.write({ type: 'ended', status: step === toySteps ? 'finished' : 'stopped', step, error: null })
}

async function read(folder: string): Promise<ToyState> {
  const { parameters, firstMoments } = await readTrainingState(folder)
  return { weights: dataOf(parameters['w']?.data), moments: dataOf(firstMoments['w']?.data) }
}

function dataOf(data: Float32Array | Int32Array | undefined): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('The checkpoint of the toy model has no weights.')
  return data
}

/** Writes why it failed, as the training child does. */
async function attempt(folder: string): Promise<void> {
  shiftClock(join(dirname(dirname(folder)), clockFile))
  using recorder = new Recorder(folder)
  try {
    await run(folder, recorder)
  } catch (cause) {
    recorder.write({ type: 'ended', status: 'failed', step: recorder.step, error: toStudioError(cause).report() })
  }
}

const [verb, folder = ''] = process.argv.slice(2)
if (verb === 'run') await attempt(folder)
else await import('../fixtures/training-child.ts')
