import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { wholeSlot } from '#contract/domain/resources.ts'
import { type RunEvent, runEvent } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { train } from '#training/run/loop.ts'
import { Recorder } from '#training/run/recorder.ts'
import { startingPoint } from '#training/run/starting-point.ts'
import { StopSignal } from '#training/run/stop-signal.ts'
import { Waits } from '#training/run/waits.ts'
import type { TrainingStage } from '#training/stages/stage.ts'

/** A folder for a run, removed at the end of the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-half-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Trains in a folder from its newest checkpoint, as a run does. `task` is what its file says, if that matters. */
export async function run(folder: string, stage: TrainingStage, engine: Engine, task?: RunFile['task']) {
  // What checkpoints say of the run; the stage is that of `useSmallRuns`.
  const {
    clip,
    general,
    'video-teacher': configuration,
  } = benchConfiguration(benchStepRequest.parse({ stage: 'video-teacher' }))
  const dataset = { name: 'codecs', digest: '', manifest: '', labels: null }
  const file: RunFile = {
    version: 2,
    request: wholeSlot,
    id: 'p.video-teacher',
    pipelineId: 'p',
    createdAt: '',
    general: { ...general, checkpointEveryEpochs: 1 },
    clip,
    task: task ?? { stage: 'video-teacher', configuration },
    dataset,
    inputs: {},
    models: {},
    frameCache: '',
  }
  using stop = new StopSignal(folder)
  const waits = new Waits({ stop: stop.requested })
  using recorder = new Recorder(folder, () => waits.current())
  const start = await startingPoint(folder, stage, () => {})
  return await train({ folder, file, engine, stage, recorder, stop, waits, start, licenceNotes: [] })
}

/** The events of a run so far. */
export const eventsOf = (folder: string): RunEvent[] =>
  readFileSync(join(folder, runFiles.events), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => runEvent.parse(JSON.parse(line)))
