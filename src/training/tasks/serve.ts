import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { type TaskLine, type TaskName, tasks } from '#contract/api/tasks.ts'
import { toJson } from '#node/json-file.ts'
import { benchStep } from './bench-step.ts'
import { builtInDataset } from './built-in-dataset.ts'
import { checkCheckpoint } from './check-checkpoint.ts'
import { engines } from './engines.ts'
import { estimate } from './estimate.ts'
import { exportModel } from './export-model.ts'
import { importModel } from './import-model.ts'
import { inspectTensors } from './inspect-tensors.ts'
import { inspectVideos } from './inspect-videos.ts'
import { measure } from './measure.ts'
import { preview } from './preview.ts'
import { probeModel } from './probe-model.ts'
import { reference } from './reference.ts'
import { seeClip } from './see-clip.ts'
import type { Task } from './task.ts'
import { videoFrames } from './video-frames.ts'
import { warmFrames } from './warm-frames.ts'

const jobs: { [N in TaskName]: Task<N> } = {
  'inspect-videos': inspectVideos,
  preview,
  'warm-frames': warmFrames,
  measure,
  estimate,
  'inspect-tensors': inspectTensors,
  'check-checkpoint': checkCheckpoint,
  'export-model': exportModel,
  'import-model': importModel,
  'probe-model': probeModel,
  'built-in-dataset': builtInDataset,
  'see-clip': seeClip,
  'video-frames': videoFrames,
  engines,
  reference,
  'bench-step': benchStep,
}

/** Runs one task of `#contract/tasks.ts`: input on standard input, lines on standard output. Returns the exit code. */
export async function serveTask(name: string): Promise<number> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  try {
    if (!isTaskName(name))
      throw new StudioError(
        'bad-request',
        `There is no task called ${name}.`,
        `Use one of ${Object.keys(tasks).join(', ')}.`,
      )
    const value = await perform(name, JSON.parse(await text(process.stdin)), stop.signal)
    await print({ type: 'result', value })
    return 0
  } catch (cause) {
    await print({ type: 'error', error: toStudioError(cause).report() })
    if (!(cause instanceof StudioError))
      process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`)
    return 1
  }
}

async function perform<N extends TaskName>(name: N, input: unknown, signal: AbortSignal): Promise<unknown> {
  const job: Task<N> = jobs[name]
  const parsed = tasks[name].input.parse(input) as Parameters<typeof job>[0]
  return job(parsed, (value) => void print({ type: 'progress', value }), signal)
}

function isTaskName(name: string): name is TaskName {
  return Object.hasOwn(tasks, name)
}

async function print(line: TaskLine): Promise<void> {
  if (!process.stdout.write(`${toJson(line)}\n`)) await once(process.stdout, 'drain')
}
