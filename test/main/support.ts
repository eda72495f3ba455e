import { mkdirSync, mkdtempSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createRouterClient, ORPCError } from '@orpc/server'
import { onTestFinished } from 'vitest'
import { runsOfEvent } from '#contract/api/contract.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import type { SplitDrawing } from '#contract/domain/split-drawing.ts'
import { openStudio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import type { StallLimits } from '#main/runs/progress-watch.ts'
import type { ChildSettings } from '../fixtures/training-child.ts'

export const trainingEntry = resolve('test/fixtures/training-child.ts')
export const resources = resolve('resources')

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-studio-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Writes files (path to content) below a new folder. */
export function folderOf(files: Record<string, string>): string {
  const folder = temporaryFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** `count` videos in each of the classes. */
export function videosOf(classes: readonly string[], count: number): Record<string, string> {
  return Object.fromEntries(
    classes.flatMap((name) =>
      Array.from({ length: count }, (_, index) => [`${name}/${index}.mp4`, `${name} ${index}`]),
    ),
  )
}

export type TestStudio = Awaited<ReturnType<typeof openTestStudio>>

/** A studio over the stand-in for the training child, with an in-process client. */
export async function openTestStudio(
  workspace: string,
  settings: Partial<ChildSettings> = {},
  works = true,
  stallLimits?: StallLimits,
) {
  mkdirSync(join(workspace, 'runs'), { recursive: true })
  writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify(settings))
  const studio = await openStudio({
    workspace,
    shell: 'browser',
    version: '0.0.0',
    resources,
    trainingEntry,
    works,
    ...(stallLimits === undefined ? {} : { stallLimits }),
  })
  let isOpen = true
  const close = async () => {
    if (isOpen) await studio.close()
    isOpen = false
  }
  onTestFinished(close)
  return { ...studio, close, client: createRouterClient(studio.router) }
}

export async function importFolder(
  { client }: TestStudio,
  directory: string,
  name = 'shapes',
  drawing?: SplitDrawing,
): Promise<DatasetSummary> {
  for await (const event of await client.datasets.import({ directory, name, drawing }))
    if (event.type === 'done') return event.dataset
  throw new Error('The import ended without its result.')
}

/** The preset `tiny` on a dataset, with batches that fit a handful of videos. */
export function requestFor(
  dataset: string,
  change: (configuration: PipelineConfiguration) => void = () => undefined,
): PipelineRequest {
  const configuration = structuredClone(requirePreset(readPresets(join(resources, 'presets')), 'tiny').configuration)
  for (const stage of ['image-teacher', 'video-teacher', 'distill', 'finetune'] as const)
    configuration[stage].batchSize = 2
  change(configuration)
  return { dataset, preset: 'tiny', configuration }
}

/** Waits until a run satisfies a condition, and returns it. */
export async function untilRun({ client }: TestStudio, id: string, isReached: (run: Run) => boolean): Promise<Run> {
  for await (const event of await client.runs.watch({})) {
    const runs = runsOfEvent(event)
    const found = runs.find((run) => run.id === id && isReached(run))
    if (found !== undefined) return found
  }
  throw new Error('The stream of runs ended.')
}

export const untilStatus = (studio: TestStudio, id: string, status: Run['status']) =>
  untilRun(studio, id, (run) => run.status === status)

/** Waits until a file is in its folder, which exists, and is not empty. */
export function untilFile(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(dirname(path), settle).on('error', reject)
    settle()
    function settle() {
      // A file that was just created may be empty until it is written.
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return
      watcher.close()
      resolve()
    }
  })
}

/** What a person would read of a refusal. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (cause) {
    if (cause instanceof ORPCError && cause.code === 'STUDIO')
      return `${cause.data.code}: ${cause.data.message}\n${cause.data.hint}`
    throw cause
  }
  throw new Error('Nothing was refused.')
}
